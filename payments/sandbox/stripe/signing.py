"""`Stripe-Signature`: `t=` and, for each secret that is valid, `v1=` HMAC-SHA256 over `t.body`."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

# A secret that no merchant was given: made once per process and known to nobody.
STRANGER = f"whsec_{secrets.token_hex(24)}"


def header(body: str, signers: Sequence[str], moment: datetime) -> str:
    """The header for a body that is sent at `moment`."""
    seconds = int(moment.timestamp())
    made = [sign(secret, f"{seconds}.{body}") for secret in signers]
    return ",".join([f"t={seconds}", *(f"v1={each}" for each in made)])


def sign(secret: str, text: str) -> str:
    """Hexadecimal HMAC-SHA256."""
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
