"""The WSGI application of every web role; `KEYWAY_ROLE` says which."""

import gc
import os
import sys
from pathlib import Path

_ROOT = str(Path(__file__).resolve().parents[2])
if _ROOT not in sys.path:
    sys.path.append(_ROOT)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "keyway.settings")

from django.conf import settings  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402

from keyway.env import Role  # noqa: E402

application = get_wsgi_application()

# What stands now stands until the end: the collector need not look at it again and again.
gc.collect()
gc.freeze()

if settings.KEYWAY_ROLE is Role.SANDBOX:
    from payments.sandbox import notifier

    notifier.start()
