"""The buyers' forms, read by hand: the checkout is the hottest request of all, and its fields are few."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

from kernel import emails
from kernel.errors import Invalid, said
from kernel.money import Money
from merchants import coupon_texts

# ASCII only: `１` and `²` are digits to Python and no quantity to us.
_QUANTITY = re.compile(r"[1-9][0-9]{0,5}", re.ASCII)
_METHOD = re.compile(r"[a-z]{1,12}\.[a-z]{1,11}", re.ASCII)
_PRICES = re.compile(r"[A-Z]{3,5}(?:;[0-9]{1,6}:[0-9]{1,12}){1,50}", re.ASCII)
_EMAIL_MAX = 200
CODE_MAX = 120
"""Characters of the field for codes."""
_check_email = EmailValidator()


@dataclass(frozen=True, slots=True)
class Checkout:
    """The product page's form. `agreed` is the total by the prices that the page showed, before any code."""

    email: str
    quantity: int
    method: str
    form_key: UUID
    agreed: Money | None
    codes: tuple[str, ...] = ()

    @classmethod
    def read(cls, sent: Mapping[str, str]) -> "Checkout":
        """Read what was sent. Raises Invalid with a sentence for each wrong field."""
        email, quantity = sent.get("email", "").strip(), sent.get("quantity", "").strip()
        method, key = sent.get("method", ""), _key(sent.get("form_key", ""))
        errors: dict[str, list[str]] = {}
        address = email_of(email)
        if not address:
            errors["email"] = [said("Enter an e-mail address such as name@example.com.")]
        if not _QUANTITY.fullmatch(quantity):
            errors["quantity"] = [said("Enter a whole number.")]
        if not _METHOD.fullmatch(method):
            errors["method"] = [said("Choose a payment method.")]
        if key is None:
            errors["form_key"] = [said("This form is no longer valid. Send it again.")]
        if errors or key is None:
            raise Invalid(errors=errors)
        agreed = _agreed(sent.get("prices", ""), int(quantity))
        return cls(
            address, int(quantity), method, key, agreed, coupon_texts.read(sent.get("code", "")[:CODE_MAX])
        )


def email_of(text: str) -> str:
    """The address as it is kept, its domain as it goes over the wire; empty for one that no mail reaches.

    What risk cannot read must not pass it by: an address without a domain of names is refused here.
    """
    if len(text) > _EMAIL_MAX:
        return ""
    try:
        address = emails.read(text)
        _check_email(address)
    except (ValidationError, ValueError):
        return ""
    return address


def price_list(currency: str, prices: list[tuple[int, int]]) -> str:
    """What the page carries of its prices: `CNY;1:1000;10:900`, ascending."""
    return ";".join([currency, *(f"{start}:{each}" for start, each in prices)])


def _agreed(prices: str, quantity: int) -> Money | None:
    """The total that the page's own price list gives; None where it carries none."""
    if not _PRICES.fullmatch(prices):
        return None
    currency, *steps = prices.split(";")
    pairs = [step.split(":") for step in steps]
    each = [int(price) for start, price in pairs if quantity >= int(start)]
    return Money(each[-1] * quantity, currency) if each else None


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
