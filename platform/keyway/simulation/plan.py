"""The dice of the month: who buys when, who leaves, whose notice is late or lost, who wants money back."""

import random
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

LATE_MOST = timedelta(hours=30)
DAYS = 30


class Word(StrEnum):
    """What becomes of the channel's notice."""

    PROMPT = "prompt"
    LATE = "late"
    LOST = "lost"  # the questions to the channel find it
    NONE = "none"  # nobody paid


@dataclass(frozen=True, slots=True)
class Visit:
    """A buyer comes so long after the month began. `back`: the share that goes back, in percent."""

    after: timedelta
    shop: int
    quantity: int
    word: Word
    delay: timedelta
    back: int
    back_after: timedelta


def visits(seed: int, sales: int) -> list[Visit]:
    """The month's visits in order: `sales` of them are paid, besides some that are not."""
    dice = random.Random(seed)  # noqa: S311 (play, the same every time)
    count = sales + sales // 20
    made = [_visit(dice, paid=place < sales) for place in range(count)]
    return sorted(made, key=lambda visit: (visit.after, visit.shop, visit.quantity))


def _visit(dice: random.Random, *, paid: bool) -> Visit:
    after = timedelta(days=dice.randrange(DAYS), seconds=dice.randrange(86_400 - 3_600))
    word = dice.choices([Word.PROMPT, Word.LATE, Word.LOST], weights=[92, 5, 3])[0] if paid else Word.NONE
    return Visit(
        after=after,
        shop=dice.randrange(2),
        quantity=dice.choices([1, 2, 3], weights=[80, 15, 5])[0],
        word=word,
        delay=timedelta(seconds=dice.randrange(3_600, int(LATE_MOST.total_seconds()))),
        back=dice.choices([0, 100, 50, 30], weights=[94, 3, 2, 1])[0] if paid else 0,
        back_after=timedelta(seconds=dice.randrange(600, 5 * 86_400)),
    )
