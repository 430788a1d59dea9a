"""What the surroundings say, typed and checked once, at start."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

from web.hops import HEADERS

_RATES = "https://www.ecb.europa.eu/stats/eurofxref/eurofxref-daily.xml"
ROOT = Path(__file__).resolve().parents[2]


class Stage(StrEnum):
    """How serious this place is."""

    DEVELOPMENT = "development"
    TEST = "test"
    PRODUCTION = "production"


class Role(StrEnum):
    """Which face this web process shows. In development `WEB` shows everything but the sandbox."""

    WEB = "web"
    NOTIFY = "notify"
    BACK = "back"
    SANDBOX = "sandbox"


@dataclass(frozen=True)
class Env:
    """One value a variable; the name of the variable stands in `read`."""

    stage: Stage
    role: Role
    secret_key: str
    master_keys: str
    database_url: str
    broker_url: str
    public_url: str
    sandbox_url: str
    outgoing_allow: tuple[str, ...]
    trusted_proxies: tuple[str, ...]
    forwarded: str  # the header that the trusted proxies write; empty: nobody has said
    allowed_hosts: tuple[str, ...]
    email_url: str
    email_from: str
    crash_at: str
    webhook_delivery_days: int
    webhook_event_days: int
    rates_url: str  # the European Central Bank's daily file; empty: none is fetched


def read() -> Env:
    """Read the environment. Raises ImproperlyConfigured, naming the variable that is missing or wrong."""
    var = environ.Env()
    stage = Stage(var.str("KEYWAY_ENV", "development"))
    if stage is Stage.PRODUCTION and var.str("CRASH_AT", ""):
        raise ImproperlyConfigured("CRASH_AT is for fault tests: production does not start with it.")
    return Env(
        stage=stage,
        role=Role(var.str("KEYWAY_ROLE", "web")),
        secret_key=var.str("SECRET_KEY"),
        master_keys=var.str("KEYWAY_MASTER_KEYS"),
        database_url=var.str("DATABASE_URL"),
        broker_url=var.str("BROKER_URL", ""),
        public_url=var.str("KEYWAY_URL", "http://127.0.0.1:8000").rstrip("/"),
        sandbox_url=var.str("KEYWAY_SANDBOX_URL", "http://127.0.0.1:8001").rstrip("/"),
        outgoing_allow=tuple(var.list("OUTGOING_ALLOW", default=[])),
        trusted_proxies=tuple(var.list("KEYWAY_TRUSTED_PROXIES", default=[])),
        forwarded=_one_of("KEYWAY_FORWARDED", var.str("KEYWAY_FORWARDED", "").lower(), ("", *HEADERS)),
        allowed_hosts=tuple(var.list("ALLOWED_HOSTS", default=[])),
        email_url=var.str("EMAIL_URL", ""),
        email_from=var.str("EMAIL_FROM", "Keyway <no-reply@localhost>"),
        crash_at=var.str("CRASH_AT", ""),
        webhook_delivery_days=var.int("KEYWAY_WEBHOOK_DELIVERY_DAYS", 30),
        rates_url=var.str("KEYWAY_RATES_URL", _RATES if stage is Stage.PRODUCTION else ""),
        webhook_event_days=var.int("KEYWAY_WEBHOOK_EVENT_DAYS", 90),
    )


def _one_of(name: str, value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise ImproperlyConfigured(f"{name} is {value}: it may be {' or '.join(filter(None, known))}.")
    return value
