"""Whether a Stripe account can work at all, said when it is saved and not at the first sale."""

import re
from urllib.parse import urlsplit

from kernel.errors import said

from .base import Account, AccountRefused
from .stripe_terms import is_live

REAL = "https://api.stripe.com"
_ACCOUNT = re.compile(r"acct_[A-Za-z0-9]{8,40}", re.ASCII)
_KEY = re.compile(r"(?:sk|rk)_(?:test|live)_[A-Za-z0-9_]{16,240}", re.ASCII)
_SECRET = re.compile(r"whsec_[A-Za-z0-9+/=_-]{16,200}", re.ASCII)


def check(account: Account) -> None:
    """Raise AccountRefused unless id, key and webhook secrets are of their form and the address is right."""
    settings, secrets = account.settings, account.secrets
    if not _ACCOUNT.fullmatch(settings.get("account_id", "")):
        raise AccountRefused(why=said("the account id starts with acct_"))
    if not _KEY.fullmatch(secrets.get("api_key", "")):
        raise AccountRefused(why=said("the secret key starts with sk_ or rk_"))
    if settings.get("mode") != ("live" if is_live(account) else "test"):
        raise AccountRefused(why=said("the secret key is of another mode than the account"))
    _check_gateway(account)
    _check_webhook_secrets(secrets.get("webhook_secret", ""), secrets.get("webhook_secret_old", ""))


def _check_gateway(account: Account) -> None:
    parts = urlsplit(account.gateway)
    if parts.scheme not in {"http", "https"} or "?" in account.gateway or not parts.hostname:
        raise AccountRefused(why=said("the gateway is not an address"))
    # A key that moves real money goes to Stripe itself and nowhere else.
    if account.gateway.rstrip("/") != REAL and (is_live(account) or "stripe.com" in parts.hostname):
        raise AccountRefused(why=said("the gateway is not Stripe's"))


def _check_webhook_secrets(secret: str, old: str) -> None:
    # An empty secret can be signed with by everybody.
    if not _SECRET.fullmatch(secret) or (old and not _SECRET.fullmatch(old)):
        raise AccountRefused(why=said("a webhook secret starts with whsec_"))
    if secret == old:
        raise AccountRefused(why=said("the old webhook secret is the new one"))
