"""The fingerprint by which a buyer's things are found, whichever shop they are from."""

import vault
from kernel import emails

PURPOSE = "buyers.email"
EMAIL_MOST = 254
"""Characters of the longest address that mail can carry."""


def email_key(email: str) -> bytes:
    """16 bytes, the same for every spelling of an address that only differs in case and outer spaces."""
    return vault.fingerprint(vault.PLATFORM, normal(email), purpose=PURPOSE)


def normal(email: str) -> str:
    """The address as it is compared and kept."""
    return emails.compared(email)
