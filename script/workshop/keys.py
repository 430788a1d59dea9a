"""The secrets of this installation: made once, kept in `.keyway/secrets.env` for the owner's eyes only."""

import base64
import os
import secrets

from workshop.lease import locked
from workshop.places import DATA, LOCKS, private_folder

FILE = DATA / "secrets.env"


def installation_keys() -> dict[str, str]:
    """The generated secrets; what is missing is made and written down first."""
    with locked(LOCKS / "secrets.door"):
        known = _read()
        missing = {name: value for name, value in _fresh().items() if name not in known}
        if missing:
            _write(known | missing)
        return known | missing


def _fresh() -> dict[str, str]:
    return {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "KEYWAY_MASTER_KEYS": "1:" + base64.b64encode(secrets.token_bytes(32)).decode(),
        "DATABASE_PASSWORD": secrets.token_urlsafe(24),
        "BROKER_PASSWORD": secrets.token_urlsafe(24),
    }


def _read() -> dict[str, str]:
    if not FILE.exists():
        return {}
    lines = [
        line.partition("=")
        for line in FILE.read_text().splitlines()
        if "=" in line and not line.startswith("#")
    ]
    return {name.strip(): value.strip() for name, _, value in lines}


def _write(values: dict[str, str]) -> None:
    private_folder(DATA)
    fresh = FILE.with_suffix(".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(
            "# Losing KEYWAY_MASTER_KEYS means losing every encrypted card key: keep a copy elsewhere.\n"
        )
        file.writelines(f"{name}={value}\n" for name, value in values.items())
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(FILE)
