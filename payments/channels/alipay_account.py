"""Whether an Alipay account can work at all, said when it is saved and not at the first sale."""

import re
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from kernel.errors import said

from .base import Account, AccountRefused

_APP_ID = re.compile(r"20[0-9]{14}", re.ASCII)
_SELLER_ID = re.compile(r"2088[0-9]{12}", re.ASCII)
_MIN_BITS = 2048


def check(account: Account) -> None:
    """Raise AccountRefused unless ids, gateway and both keys are of their form and the keys of two owners."""
    if not _APP_ID.fullmatch(account.settings.get("app_id", "")):
        raise AccountRefused(why=said("the app id has 16 digits and starts with 20"))
    if not _SELLER_ID.fullmatch(account.settings.get("seller_id", "")):
        raise AccountRefused(why=said("the seller id has 16 digits and starts with 2088"))
    if urlsplit(account.gateway).scheme not in {"http", "https"} or "?" in account.gateway:
        raise AccountRefused(why=said("the gateway is not an address"))
    private = _private(account.secrets.get("private_key", ""))
    public = _public(account.secrets.get("channel_public_key", ""))
    if min(private.key_size, public.key_size) < _MIN_BITS:
        raise AccountRefused(why=said("a key is shorter than 2048 bits"))
    if private.public_key().public_numbers() == public.public_numbers():
        # The usual slip: the application's own public key, pasted where Alipay's belongs. Whoever holds the
        # private key, the merchant included, could then sign notifications.
        raise AccountRefused(why=said("the channel's public key is the application's own"))


def _private(pem: str) -> RSAPrivateKey:
    try:
        key = load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError) as error:
        raise AccountRefused(why=said("the private key cannot be read")) from error
    if not isinstance(key, RSAPrivateKey):
        raise AccountRefused(why=said("the private key is not an RSA key"))
    return key


def _public(pem: str) -> RSAPublicKey:
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, TypeError) as error:
        raise AccountRefused(why=said("the channel's public key cannot be read")) from error
    if not isinstance(key, RSAPublicKey):
        raise AccountRefused(why=said("the channel's public key is not an RSA key"))
    return key
