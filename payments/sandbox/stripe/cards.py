"""The test cards: a number decides what happens. The same numbers as Stripe's, where it has one for it."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from .states import Deed

_BRANDS = (("4", "visa"), ("5", "mastercard"), ("2", "mastercard"), ("34", "amex"), ("37", "amex"))
_LENGTHS = range(13, 20)


@dataclass(frozen=True)
class Card:
    """What a number does. `code` and `decline` are Stripe's words for a refusal; none: it pays."""

    says: object
    code: str = ""
    decline: str = ""
    challenged: bool = False
    later: Deed | None = None  # what happens by itself after it was paid
    refund: Deed | None = None  # what becomes of its refunds
    kept: str = ""  # what a later charge without the buyer meets: a decline's code


CARDS = {
    "4242424242424242": Card(_("Pays")),
    "4000002500003155": Card(_("Pays after 3-D Secure"), challenged=True),
    "4000000000003220": Card(
        _("Pays after 3-D Secure, always"), challenged=True, kept="authentication_required"
    ),
    "4000002760003184": Card(
        _("Pays after 3-D Secure, also when kept"), challenged=True, kept="authentication_required"
    ),
    "4000000000000341": Card(_("Pays now, is declined when charged later"), kept="generic_decline"),
    "4000008400001629": Card(
        _("Declined after 3-D Secure"), "card_declined", "generic_decline", challenged=True
    ),
    "4000000000000002": Card(_("Declined by the bank"), "card_declined", "generic_decline"),
    "4000000000009995": Card(_("Not enough money"), "card_declined", "insufficient_funds"),
    "4000000000009987": Card(_("Lost card"), "card_declined", "lost_card"),
    "4000000000009979": Card(_("Stolen card"), "card_declined", "stolen_card"),
    "4100000000000019": Card(_("Stopped as fraud"), "card_declined", "fraudulent"),
    "4000000000000069": Card(_("Expired card"), "expired_card"),
    "4000000000000127": Card(_("Wrong security code"), "incorrect_cvc"),
    "4000000000000119": Card(_("Processing error"), "processing_error"),
    "4000000000000259": Card(_("Pays, then the buyer's bank takes it back"), later=Deed.DISPUTE),
    "4000000000001976": Card(_("Pays, then the buyer's bank asks"), later=Deed.INQUIRE),
    "4000000000005126": Card(_("Pays; a refund fails days later"), refund=Deed.REFUND_FAILS),
    "4000000000007726": Card(_("Pays; a refund takes a while"), refund=Deed.REFUND_SUCCEEDS),
}
WORDS = {
    "generic_decline": "Your card was declined.",
    "authentication_required": "Your card was declined. This transaction requires authentication.",
    "insufficient_funds": "Your card has insufficient funds.",
    "lost_card": "Your card was declined.",
    "stolen_card": "Your card was declined.",
    "fraudulent": "Your card was declined.",
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "Your card's security code is incorrect.",
    "processing_error": "An error occurred while processing your card. Try again in a little bit.",
    "authentication": "We are unable to authenticate your payment method. Please choose a different payment"
    " method and try again.",
    "bounced": "The bank returned the debit.",
}


@dataclass(frozen=True)
class Typed:
    """What a buyer typed into the form."""

    number: str
    expiry: str
    cvc: str

    def fault(self, moment: datetime) -> str:
        """What is wrong with it before any bank is asked; nothing: it may be tried."""
        if len(self.digits) not in _LENGTHS or not _is_luhn(self.digits):
            return "number"
        found = re.fullmatch(r"(0[1-9]|1[0-2])\s*/?\s*([0-9]{2})", self.expiry.strip(), re.ASCII)
        if found is None:
            return "expiry"
        if (2000 + int(found[2]), int(found[1])) < (moment.year, moment.month):
            return "past"
        return "" if re.fullmatch(r"[0-9]{3,4}", self.cvc.strip(), re.ASCII) else "cvc"

    @property
    def digits(self) -> str:
        """The number without what people write between its groups."""
        return re.sub(r"[\s-]", "", self.number)

    @property
    def shown(self) -> dict[str, Any]:
        """What may be kept of it."""
        brand = next((name for start, name in _BRANDS if self.digits.startswith(start)), "unknown")
        month, _, year = self.expiry.replace(" ", "").partition("/")
        expiry = {"exp_month": int(month), "exp_year": 2000 + int(year)} if month and year else {}
        return {"brand": brand, "last4": self.digits[-4:], **expiry}


def number_of(last4: str) -> str:
    """The test card that ends so; empty for one that is not in the table."""
    return next((number for number in CARDS if last4 and number.endswith(last4)), "")


def card_of(digits: str) -> Card:
    """What a number does. One that is not in the table is declined: no real card has a place here."""
    return CARDS.get(digits, CARDS["4000000000000002"])


def error_of(code: str, decline: str = "") -> dict[str, str]:
    """`last_payment_error`."""
    words = WORDS.get(decline or code, WORDS["generic_decline"])
    return {"code": code, "message": words, "type": "card_error"} | (
        {"decline_code": decline} if decline else {}
    )


def _is_luhn(digits: str) -> bool:
    if not re.fullmatch(r"[0-9]+", digits, re.ASCII):
        return False
    doubled = (int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits)))
    return sum(each - 9 if each > 9 else each for each in doubled) % 10 == 0
