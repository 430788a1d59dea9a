"""RSA2 as the open platform means it: SHA-256 with RSA, PKCS#1 v1.5, over sorted raw `k=v`, in base64."""

import base64
import binascii
from collections.abc import Mapping
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
    load_pem_private_key,
    load_pem_public_key,
)

_BITS = 2048


def call_text(parameters: Mapping[str, str]) -> str:
    """What a call is signed over: everything but `sign`, `sign_type` included, empty values left out."""
    return _sorted({name: value for name, value in parameters.items() if name != "sign"})


def notice_text(parameters: Mapping[str, str]) -> str:
    """What a notification, or the way to `return_url`, is signed over: neither `sign` nor `sign_type`."""
    return _sorted({name: value for name, value in parameters.items() if name not in ("sign", "sign_type")})


def _sorted(parameters: Mapping[str, str]) -> str:
    return "&".join(f"{name}={parameters[name]}" for name in sorted(parameters) if parameters[name] != "")


def sign(private_pem: str, text: bytes) -> str:
    """The signature in base64, on one line."""
    return base64.b64encode(_private(private_pem).sign(text, padding.PKCS1v15(), SHA256())).decode("ascii")


def verifies(public_pem: str, text: bytes, signature: str) -> bool:
    """Whether `signature` is the owner's over `text`. Nonsense is simply false."""
    try:
        raw = base64.b64decode(signature, validate=True)
        _public(public_pem).verify(raw, text, padding.PKCS1v15(), SHA256())
    except (binascii.Error, ValueError, InvalidSignature):
        return False
    return True


def new_private_key() -> str:
    """A fresh key, PEM."""
    key = rsa.generate_private_key(public_exponent=65_537, key_size=_BITS)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")


def public_key_of(private_pem: str) -> str:
    """The public half, PEM."""
    return _pem(_private(private_pem).public_key())


def read_public_key(text: str) -> str:
    """PEM of a public key given as PEM or, as the platform's console shows it, bare base64.

    Raises ValueError for anything else, and for a key under 2048 bits, which RSA2 does not take.
    """
    text = text.strip()
    if text.startswith("-----"):
        key = load_pem_public_key(text.encode("ascii"))
    else:
        key = load_der_public_key(base64.b64decode("".join(text.split()), validate=True))
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < _BITS:
        raise ValueError("RSA2 takes an RSA key of 2048 bits or more")
    return _pem(key)


def _pem(key: rsa.RSAPublicKey) -> str:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")


@lru_cache(maxsize=64)
def _private(pem: str) -> rsa.RSAPrivateKey:
    key = load_pem_private_key(pem.encode("ascii"), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("not an RSA key")
    return key


@lru_cache(maxsize=64)
def _public(pem: str) -> rsa.RSAPublicKey:
    key = load_pem_public_key(pem.encode("ascii"))
    if not isinstance(key, rsa.RSAPublicKey):
        raise ValueError("not an RSA key")
    return key
