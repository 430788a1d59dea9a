"""What Django is told: the environment of every process, from the servers that run and the secrets of the
place.

Whatever is set already stays: a real DATABASE_URL wins over an embedded one. Only OUTGOING_ALLOW is added
to, since who lets their own server in for webhooks still pays in the sandbox.
"""

import os
from collections.abc import Mapping

from workshop.keys import installation_keys
from workshop.places import PLATFORM, ROOT, VENV

WEB_PORT, SANDBOX_PORT = 8000, 8001


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """The environment for a child: ours, over it what was given, over it what the person set."""
    keys = installation_keys()
    usual = {
        "KEYWAY_ENV": "development",
        "KEYWAY_ROLE": "web",
        "KEYWAY_URL": f"http://127.0.0.1:{WEB_PORT}",
        "KEYWAY_SANDBOX_URL": f"http://127.0.0.1:{SANDBOX_PORT}",
        "OUTGOING_ALLOW": f"127.0.0.1:{SANDBOX_PORT}",
        "SECRET_KEY": keys["SECRET_KEY"],
        "KEYWAY_MASTER_KEYS": keys["KEYWAY_MASTER_KEYS"],
    }
    forced = {
        "DJANGO_SETTINGS_MODULE": "keyway.settings",
        # Some programs have no way of their own to find our packages.
        "PYTHONPATH": f"{PLATFORM}:{ROOT}",
        "PATH": f"{VENV / 'bin'}:{os.environ.get('PATH', '/usr/bin:/bin')}",
        "PYTHONUNBUFFERED": "1",
    }
    known = {**usual, **given}
    forced["OUTGOING_ALLOW"] = ",".join(
        filter(None, (known["OUTGOING_ALLOW"], os.environ.get("OUTGOING_ALLOW", "")))
    )
    return {**known, **os.environ, **forced}


def is_set(name: str) -> bool:
    """Whether the person named a server of their own."""
    return bool(os.environ.get(name))
