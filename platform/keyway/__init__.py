"""The composition root: settings, addresses, roles, Celery. The only one that imports everything."""

from .celery import app as celery_app

__all__ = ["celery_app"]
