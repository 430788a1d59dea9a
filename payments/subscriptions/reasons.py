"""Why things happened to subscriptions, in words: what buyers choose who cancel, and what the trail says."""

from collections.abc import Mapping

from django.utils.translation import gettext

from kernel.errors import said
from payments.failure_words import NAMES
from payments.failures import explains, of_code

REASONS: Mapping[str, str] = {
    "price": said("Too expensive"),
    "unused": said("I do not use it enough"),
    "features": said("Features are missing"),
    "quality": said("The quality is not what I expected"),
    "service": said("The service or support"),
    "complex": said("Too complicated"),
    "switched": said("I use something else now"),
    "other": said("Another reason"),
}
"""What a buyer may choose, by the word that is kept."""

_TRAIL: Mapping[str, str] = {
    "cancelled": said("Cancelled"),
    "unpaid": said("Not paid"),
    "never_paid": said("The first period was never paid"),
    "refunded": said("Refunded"),
    "rejected": said("Refused after review"),
    "link": said("To be paid by a link"),
    "buyer": said("By the buyer"),
    "merchant": said("By the merchant"),
    "channel": said("By the channel"),
    "replaced": said("Another one took its place"),
    "ended": said("With the subscription"),
}


def shown(reason: str) -> str:
    """A reason in the reader's language, a bank's code with its meaning; what a person wrote stays so."""
    if explains(reason):
        return f"{gettext(NAMES[of_code(reason)])} ({reason})"
    words = REASONS.get(reason) or _TRAIL.get(reason)
    return gettext(words) if words else reason
