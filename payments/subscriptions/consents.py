"""What buyers agree to when a payment method is kept."""

from buyers import consents
from buyers.consents import Kind
from kernel.errors import said

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
    )
)
