"""Transfers: taken once under a number, and moved on by time or by hand."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from kernel import clock, ids

from ..models import BankClient, BankTransfer
from .plays import play_of
from .states import BANK, BankState

_TEXTS = {"request_no": 64, "currency": 8, "holder": 120, "bank": 80, "number": 34}
_MOST = 10**15


class Refused(Exception):
    """The call cannot be done: a status and a code for the answer."""

    def __init__(self, status: int, code: str) -> None:
        self.status, self.code = status, code
        super().__init__(code)


@dataclass(frozen=True)
class Asked:
    """What a client wants sent, as it was read."""

    request_no: str
    amount: int
    currency: str
    holder: str
    bank: str
    number: str

    @classmethod
    def read(cls, content: Any) -> "Asked":
        """Exactly these fields, of the right kinds. Raises Refused."""
        if not isinstance(content, dict) or set(content) != {*_TEXTS, "amount"}:
            raise Refused(400, "fields")
        for name, longest in _TEXTS.items():
            if not isinstance(content[name], str) or not 0 < len(content[name]) <= longest:
                raise Refused(400, f"field:{name}")
        if type(content["amount"]) is not int or not 0 < content["amount"] <= _MOST:
            raise Refused(400, "field:amount")
        return cls(**content)


@transaction.atomic
def take(client: BankClient, asked: Asked) -> tuple[BankTransfer, bool]:
    """Send, or give what was sent under this number, and whether it is new.

    Raises Refused for other content under it.
    """
    play, now = play_of(asked.number), clock.now()
    transfer, is_new = BankTransfer.objects.select_for_update(no_key=True).get_or_create(
        client=client,
        request_no=asked.request_no,
        defaults={
            "id": ids.new(),
            "amount": asked.amount,
            "currency": asked.currency,
            "holder": asked.holder,
            "bank": asked.bank,
            "number": asked.number,
            "state": play.first,
            "code": play.says if play.first == BankState.REFUSED else "",
            "becomes": play.then or "",
            "due_at": now + play.after if play.then else None,
            "created_at": now,
            "moved_at": now,
        },
    )
    if is_new:
        return transfer, True
    if any(getattr(transfer, name) != getattr(asked, name) for name in ("amount", *_TEXTS)):
        raise Refused(409, "conflict")
    if transfer.state == BankState.FORGOTTEN:
        move(transfer, BankState.PAID)
    return ripened(transfer, now), False


def find(client: BankClient, request_no: str) -> BankTransfer:
    """How a transfer stands. Raises Refused where the bank knows of none."""
    with transaction.atomic():
        found = (
            BankTransfer.objects.select_for_update(no_key=True)
            .filter(client=client, request_no=request_no)
            .exclude(state=BankState.FORGOTTEN)
            .first()
        )
        if found is None:
            raise Refused(404, "absent")
        return ripened(found, clock.now())


def ripened(transfer: BankTransfer, now: datetime) -> BankTransfer:
    """The transfer as it is by now. It is locked."""
    if transfer.due_at is not None and transfer.due_at <= now:
        move(transfer, BankState(transfer.becomes), code=play_of(transfer.number).says)
    return transfer


def move(transfer: BankTransfer, target: BankState, *, code: str = "") -> None:
    """Let it become this now; what was planned for later is off. Raises IllegalMove."""
    BANK.check(BankState(transfer.state), target)
    transfer.state, transfer.code = target, code
    transfer.becomes, transfer.due_at, transfer.moved_at = "", None, clock.now()
    transfer.save(update_fields=["state", "code", "becomes", "due_at", "moved_at"])


@transaction.atomic
def move_by_hand(transfer_id: Any, target: BankState) -> None:
    """What a button does. Raises IllegalMove, BankTransfer.DoesNotExist."""
    transfer = BankTransfer.objects.select_for_update(no_key=True).get(pk=transfer_id)
    move(transfer, target, code="by_hand" if target == BankState.RETURNED else "")
