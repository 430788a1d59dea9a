"""HMAC-SHA256 in small hex, over lines of text."""

import hashlib
import hmac


def sign(secret: str, *lines: str) -> str:
    """The signature of these lines."""
    return hmac.digest(secret.encode(), "\n".join(lines).encode(), "sha256").hex()


def fits(secret: str, signature: str, *lines: str) -> bool:
    """Whether it is the signature of these lines."""
    return hmac.compare_digest(sign(secret, *lines).encode(), signature.encode("utf-8", "replace"))


def digest(body: bytes) -> str:
    """SHA-256 of a body, in small hex."""
    return hashlib.sha256(body).hexdigest()
