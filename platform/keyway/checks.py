"""`manage.py check --deploy`: what must not be in production. Every finding is an error: it fails closed."""

import ipaddress
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.db import DatabaseError

from kernel.books import Book
from vault import masters
from vault.errors import BadMasterKeys

from .env import Env, Stage

_SHORTEST_SECRET = 50
_FEWEST_DIFFERENT = 16
_EXAMPLE_WORDS = ("example", "changeme", "change-me", "secret", "insecure", "password", "keyway")
_MAILS_NOBODY = ("console", "dummy", "locmem", "filebased", "sandbox")

Finding = str
Rule = Callable[[Env], Iterator[Finding]]


def register() -> None:
    """Make Django run these rules with `check --deploy`."""
    checks.register(_check, checks.Tags.security, deploy=True)


def _check(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[checks.CheckMessage]:
    del app_configs
    return findings(settings.ENV)


def findings(env: Env) -> list[checks.CheckMessage]:
    """What stands against running this environment in production."""
    return [checks.Error(said, id=f"keyway.{code}") for code, rule in _RULES.items() for said in rule(env)]


def _stage(env: Env) -> Iterator[Finding]:
    if env.stage is not Stage.PRODUCTION:
        yield f"KEYWAY_ENV is {env.stage}, not production."
    if settings.DEBUG:
        yield "DEBUG is on."


def _crash(env: Env) -> Iterator[Finding]:
    if env.crash_at:
        yield "CRASH_AT is set: it is for fault tests, and kills processes."


def _secret_key(env: Env) -> Iterator[Finding]:
    key = env.secret_key
    if len(key) < _SHORTEST_SECRET or len(set(key)) < _FEWEST_DIFFERENT:
        yield f"SECRET_KEY is shorter than {_SHORTEST_SECRET} characters, or repeats itself."
    elif any(word in key.lower() for word in _EXAMPLE_WORDS):
        yield "SECRET_KEY looks like an example."


def _master_keys(env: Env) -> Iterator[Finding]:
    try:
        masters.parse(env.master_keys)
        masters.refuse_examples(env.master_keys)
    except BadMasterKeys as refusal:
        yield str(refusal)


def _addresses(env: Env) -> Iterator[Finding]:
    if not env.public_url.startswith("https://"):
        yield f"KEYWAY_URL is {env.public_url}: buyers need https."
    if "*" in env.allowed_hosts:
        yield "ALLOWED_HOSTS takes every host."
    if any(_is_everything(proxy) for proxy in env.trusted_proxies):
        yield "KEYWAY_TRUSTED_PROXIES trusts every address: anybody could claim any other."
    if env.trusted_proxies and not env.forwarded:
        yield (
            "KEYWAY_FORWARDED does not say which header the trusted proxies write: forwarded, or"
            " x-forwarded-for where they drop headers with an underscore in their name (docs/proxies.md)."
        )


def _outgoing(env: Env) -> Iterator[Finding]:
    for pair in env.outgoing_allow:
        host = urlsplit(f"//{pair}").hostname or pair
        if host == "localhost" or _is_private(host):
            yield f"OUTGOING_ALLOW lets Keyway call {pair}, a private address."


def _mail(env: Env) -> Iterator[Finding]:
    scheme = env.email_url.partition("://")[0]
    if not env.email_url:
        yield "EMAIL_URL is missing: buyers and staff get no mail."
    elif any(word in scheme for word in _MAILS_NOBODY):
        yield f"EMAIL_URL is {scheme}://…, which reaches nobody."


def _servers(env: Env) -> Iterator[Finding]:
    if not env.broker_url:
        yield "BROKER_URL is missing: nothing wakes the workers."
    for name, url in (("DATABASE_URL", env.database_url), ("BROKER_URL", env.broker_url)):
        if _is_embedded(url):
            yield f"{name} names the server that script/server runs for development."
    if env.database_url and not urlsplit(env.database_url).password:
        yield "DATABASE_URL has no password."


def _demo(_: Env) -> Iterator[Finding]:
    from merchants.models import Licence
    from payments.models import ChannelAccount
    from settlement.models import RailAccount

    sandbox = settings.KEYWAY_SANDBOX_URL
    try:
        if Licence.objects.filter(demo=True).exists():
            yield "A demo licence is recorded: it permits nobody to hold anybody's money."
        live = ChannelAccount.objects.filter(book=Book.LIVE)
        if count := sum(_is_played(gateway, sandbox) for gateway in live.values_list("gateway", flat=True)):
            yield f"{count} channel accounts of the live book point at the sandbox or a private address."
        if count := live.filter(settings__mode="test").count():
            yield f"{count} channel accounts of the live book hold test keys: their money is none."
        rail = RailAccount.objects.filter(book=Book.LIVE, in_use=True).values_list("gateway", flat=True)
        if any(_is_played(gateway, sandbox) for gateway in rail):
            yield "The bank connection of the live book points at the sandbox or a private address."
    except DatabaseError as error:
        yield f"The database cannot be asked for demo data ({type(error).__name__})."


_RULES: dict[str, Rule] = {
    "E001": _stage,
    "E002": _crash,
    "E003": _secret_key,
    "E004": _master_keys,
    "E005": _addresses,
    "E006": _outgoing,
    "E007": _mail,
    "E008": _servers,
    "E009": _demo,
}


def _is_private(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return False


def _is_everything(network: str) -> bool:
    try:
        return ipaddress.ip_network(network, strict=False).prefixlen == 0
    except ValueError:
        return True


def _is_played(gateway: str, sandbox: str) -> bool:
    host = urlsplit(gateway).hostname or ""
    return urlsplit(gateway).netloc == urlsplit(sandbox).netloc or host == "localhost" or _is_private(host)


def _is_embedded(url: str) -> bool:
    parts, ports = urlsplit(url), settings.KEYWAY_EMBEDDED_PORTS
    is_here = parts.hostname == "localhost" or _is_private(parts.hostname or "")
    return is_here and ports.is_file() and parts.port in json.loads(ports.read_text()).values()
