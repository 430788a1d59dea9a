"""Judging a kept notice again: what did not fit when it came may fit by now.

Nothing is taken from whoever asks: the evidence is the row that was verified and kept when the notice came,
and it goes through the same judgement under the same locks as at first. What was applied stays so, once.
"""

from django.db import IntegrityError

import audit
from kernel.actors import Actor
from kernel.money import Money
from prepared import together

from ..channels.base import ChargeState
from ..errors import NotReplayable
from ..models import Notice
from ..states import NoticeState
from . import confirmations
from .verdicts import Told

# It was about another payment than its address: judging it again would not change whose money it is.
_NEVER = frozenset({"other_reference"})


def is_due(notice: Notice) -> bool:
    """Whether judging it again could change anything."""
    return (
        notice.state != NoticeState.APPLIED
        and notice.said == ChargeState.SUCCEEDED
        and notice.reason not in _NEVER
    )


def judge(notice: Notice, *, actor: Actor, reason: str) -> Notice:
    """Judge it again, and write down what came of it. Raises NotReplayable."""
    try:
        with together():
            locked = Notice.objects.select_for_update(no_key=True).select_related("payment").get(pk=notice.pk)
            if not is_due(locked):
                raise NotReplayable
            _judge(locked)
            _record(locked, actor, reason)
    except IntegrityError as error:
        # Its number at the channel belongs to another payment: the database says so, and it stays as it was.
        raise NotReplayable from error
    locked.refresh_from_db()
    return locked


def _judge(notice: Notice) -> None:
    if notice.state == NoticeState.RECEIVED:
        confirmations.confirm([notice.pk])
        return
    told = Told(
        notice.pk,
        notice.payment_id,
        notice.channel_txn,
        Money(notice.amount, notice.currency),
        notice.occurred_at,
    )
    verdict = confirmations.confirm_told([told])[notice.pk]
    if verdict.notice_state != notice.state:
        notice.enter(verdict.notice_state, reason=verdict)


def _record(notice: Notice, actor: Actor, reason: str) -> None:
    audit.record(
        actor,
        "notice.replayed",
        ("notice", notice.pk),
        merchant_id=notice.payment.merchant_id,
        reason=reason,
        facts={"before": str(notice.state), "said": notice.amount, "currency": notice.currency},
    )
