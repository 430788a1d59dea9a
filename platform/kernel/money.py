"""Money in minor units, rates, and fair division. Never a float."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache, total_ordering

from babel.numbers import format_currency, get_currency_precision

from .errors import Problem, said

# Currencies that ISO 4217 does not know. USDT: six decimals on every EVM chain.
_EXPONENTS = {"USDT": 6, "USDC": 6}
_PLAIN = re.compile(r"-?[0-9]{1,16}(?:\.(?P<decimals>[0-9]+))?", re.ASCII)


class CurrencyMismatch(Problem):
    """Two currencies met where one was meant."""

    code, status, title = "money.currency_mismatch", 409, said("{left} and {right} cannot be added.")


class BadAmount(Problem):
    """A text is not an amount of this currency."""

    code, status, title = "money.bad_amount", 400, said("“{text}” is not an amount in {currency}.")


@lru_cache(maxsize=256)
def exponent(currency: str) -> int:
    """How many decimals the currency has: CNY 2, JPY 0, KWD 3, USDT 6."""
    return _EXPONENTS.get(currency, get_currency_precision(currency))


@total_ordering
@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units of one currency: `Money(1050, "CNY")` is 10.50 yuan."""

    amount: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.amount) is not int:
            raise TypeError(f"Money takes an int of minor units, not {type(self.amount).__name__}.")

    @classmethod
    def parse(cls, text: str, currency: str) -> "Money":
        """Read a plain decimal such as `10.5`. More decimals than the currency has are refused."""
        plain = _PLAIN.fullmatch(text)
        if plain is None or len(plain["decimals"] or "") > exponent(currency):
            raise BadAmount(text=text[:32], currency=currency)
        return cls(int(Decimal(text).scaleb(exponent(currency))), currency)

    @property
    def decimal(self) -> Decimal:
        """The amount in major units, with all decimals of the currency: `Decimal("10.50")`."""
        return Decimal(self.amount).scaleb(-exponent(self.currency))

    def format(self, locale: str) -> str:
        """For a person: `¥1,234.50` in zh, `CN¥1,234.50` in en. `locale` is a Babel or Django name."""
        return format_currency(self.decimal, self.currency, locale=locale.replace("-", "_"))

    def _same(self, other: "Money") -> "Money":
        if self.currency != other.currency:
            raise CurrencyMismatch(left=self.currency, right=other.currency)
        return other

    def __add__(self, other: "Money") -> "Money":
        return Money(self.amount + self._same(other).amount, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.amount - self._same(other).amount, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.amount, self.currency)

    def __mul__(self, times: int) -> "Money":
        if type(times) is not int:
            raise TypeError("Money is multiplied by a whole number; a share is taken by a Rate.")
        return Money(self.amount * times, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.amount < self._same(other).amount

    def __bool__(self) -> bool:
        return self.amount != 0

    def __str__(self) -> str:
        return f"{self.decimal} {self.currency}"

    def allocate(self, weights: Sequence[int]) -> list["Money"]:
        """Divide by whole weights without losing a unit.

        Each part is floored, then one left-over unit goes to each of the first parts that have weight.
        Parts of weight zero get nothing. The amount must not be negative: apply a sign outside.
        """
        return [Money(part, self.currency) for part in allocate(self.amount, weights)]


def allocate(amount: int, weights: Sequence[int]) -> list[int]:
    """The arithmetic of `Money.allocate`, on bare minor units."""
    total = sum(weights)
    if amount < 0 or total <= 0 or min(weights) < 0:
        raise ValueError("allocate() takes an amount >= 0 and weights >= 0 of which one is above zero.")
    parts = [amount * weight // total for weight in weights]
    left = amount - sum(parts)
    for place, weight in enumerate(weights):
        if left and weight:
            parts[place] += 1
            left -= 1
    return parts


@dataclass(frozen=True, slots=True)
class Rate:
    """A share such as 3 %: `Rate(Decimal("0.03"))`. Rounded half-up, once."""

    value: Decimal

    def of(self, money: Money) -> Money:
        """This share of `money`, rounded half-up to a minor unit."""
        share = (Decimal(money.amount) * self.value).to_integral_value(ROUND_HALF_UP)
        return Money(int(share), money.currency)


def given_back(*, part: int, whole: int, refunded: int, returned: int) -> int:
    """How much of a fee or split `part` goes back once `refunded` of the `whole` is refunded in all.

    `returned` was given back before. Cumulative and floored, and all that is left with the last refund,
    so that any sequence of refunds ends at the exact mirror of the sale. Minor units.
    """
    if not 0 <= refunded <= whole or not 0 <= returned <= part:
        raise ValueError("given_back() takes 0 <= refunded <= whole and 0 <= returned <= part.")
    due = part if refunded == whole else part * refunded // whole
    return max(0, due - returned)
