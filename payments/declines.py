"""What a refused charge by mandate means for the next one: try again, or never again. Pure.

The codes that settle a matter are those that Stripe does not retry by itself either (Stripe Docs, “Automate
payment retries”, hard decline codes). Every other refusal may pass: a balance fills up, a bank changes its
mind.
"""

NEEDS_BUYER = frozenset({"authentication_required"})
"""The bank asks for the buyer: a link, by which they pay themselves, and no machine."""

HARD = NEEDS_BUYER | {
    *("incorrect_number", "lost_card", "stolen_card", "pickup_card"),
    *("revocation_of_authorization", "revocation_of_all_authorizations", "stop_payment_order"),
    *("highest_risk_level", "transaction_not_allowed", "fraudulent", "merchant_blacklist"),
    # The card was forgotten at the channel: there is nothing left to charge.
    "resource_missing",
}
"""Trying again cannot help, and costs standing with the card's bank."""


def is_hard(code: str) -> bool:
    """Whether a charge by the same mandate need not be tried again after this code."""
    return code in HARD


def needs_buyer(code: str) -> bool:
    """Whether the buyer can pay with the same card by being there."""
    return code in NEEDS_BUYER
