"""The cents of an amount decide what happens without a buyer. Only for accounts that are flagged `magic`."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from .states import Ending

AFTER_THE_END = "after_the_end"
"""A visit that ends in a debit, whose money comes when the session's time is up."""

SHUFFLED = "shuffled"
"""A visit that is told twice, the last event first."""


@dataclass(frozen=True)
class Visit:
    """A visit `after` so many seconds. `how`: the number of a test card, an Ending, or one of the above."""

    says: object
    how: str = Ending.PAY
    after: int = 1
    disputed: bool = False


VISITS: Mapping[int, Visit] = {
    0: Visit(_("Pays after a second")),
    1: Visit(_("Not enough money"), "4000000000009995"),
    2: Visit(_("Declined by the bank"), "4000000000000002"),
    3: Visit(_("Stopped as fraud"), "4100000000000019"),
    6: Visit(_("Pays after thirty seconds"), after=30),
    7: Visit(_("A debit that pays after the page has expired"), AFTER_THE_END),
    8: Visit(_("Pays; told twice and out of order"), SHUFFLED),
    9: Visit(_("Pays; nobody is told"), Ending.SILENCE),
    10: Visit(_("Pays another amount"), Ending.WRONG_AMOUNT),
    16: Visit(_("Pays, then the buyer's bank takes it back"), disputed=True),
    18: Visit(_("Pays; a refund fails days later")),
    19: Visit(_("Pays; a refund takes a while")),
}
"""The table of the test values, as far as it is a card's to play. Other cents do nothing."""
