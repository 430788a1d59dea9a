"""What buyers agree to when a payment method is kept."""

from datetime import datetime

from buyers import consents
from buyers.consents import Kind
from buyers.models import Consent
from kernel.actors import BUYER
from kernel.errors import said


def _end(consent: Consent, _at: datetime) -> None:
    """Taken back, nothing is charged by it any more."""
    # Here, because services themselves keep consents of this kind.
    from .models import Mandate
    from .services import mandates

    for mandate in Mandate.objects.filter(consent=consent).exclude(state="ended"):
        mandates.end(mandate, actor=BUYER, reason="consent")


CHARGES = consents.declare(
    Kind(
        "subscriptions.charges",
        1,
        said("Automatic payments for a membership"),
        said(
            "I agree that {shop} charges this payment method {price} {interval} for “{title}”, and at most"
            " {limit} each time, until I end it. I am told {days} days before each charge. I can end the"
            " membership, or this permission alone, at any time on the membership's page."
        ),
        ends=_end,
    )
)
