"""Standard Webhooks: secrets, and the headers by which a receiver knows the sender."""

import base64
import secrets
from collections.abc import Sequence
from datetime import datetime

from standardwebhooks import Webhook

PREFIX = "whsec_"
SECRET_BYTES = 32


def new_secret() -> str:
    """`whsec_` and 32 random bytes in base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def headers(event_id: str, body: bytes, *, signed_with: Sequence[str], at: datetime) -> dict[str, str]:
    """The three headers, with a signature for each secret; to a receiver one that fits is enough."""
    text = body.decode()
    signatures = [Webhook(secret).sign(event_id, at, text) for secret in signed_with]
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
