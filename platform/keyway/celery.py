"""The Celery application. Money work waits in the database; the broker only wakes workers."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "keyway.settings")

app = Celery("keyway")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
