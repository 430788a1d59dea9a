"""Merchants and their sandbox twins: opening, suspending, and a twin's clock."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

import audit
from kernel import clock
from kernel.actors import Actor
from kernel.books import Book

from .. import agenda
from ..errors import ClockBehind, ClockTooFar, ReasonMissing, SandboxOnly
from ..models import Merchant
from ..states import MerchantStatus
from . import catalogue, wake
from .checked import checked

MOST_AHEAD = timedelta(days=20 * 366)
"""Calendars and time zones are known for so long; an upper bound also keeps every sum of times a time."""


def open_live(name: str, *, actor: Actor, **fields: Any) -> Merchant:
    """A merchant of the live book. Mode `platform_payout` needs a `licence` that covers its country."""
    with transaction.atomic():
        merchant = checked(Merchant(name=name, book=Book.LIVE, **fields))
        merchant.save(force_insert=True)
        audit.record(actor, "merchant.opened", ("merchant", merchant.id), merchant_id=merchant.id)
    return merchant


def open_twin(live: Merchant, *, actor: Actor) -> Merchant:
    """The sandbox twin of a live merchant: its settings, a stock, keys and a clock of its own."""
    shared = ("name", "settlement_mode", "licence", "language", "time_zone", "country")
    with transaction.atomic():
        twin = Merchant(book=Book.SANDBOX, twin_of=live, **{name: getattr(live, name) for name in shared})
        checked(twin).save(force_insert=True)
        audit.record(actor, "merchant.twin_opened", ("merchant", twin.id), merchant_id=live.id)
    return twin


def advance_clock(twin: Merchant, by: timedelta, *, actor: Actor) -> Merchant:
    """Let a twin's clock run ahead by so much more, and have what is due by then done.

    It never goes back. Raises SandboxOnly, ClockBehind, ClockTooFar.
    """
    return _move_clock(twin, lambda _: by, actor)


def set_clock(twin: Merchant, to: datetime, *, actor: Actor) -> Merchant:
    """Let a twin's clock run ahead until it shows `to`. Raises as `advance_clock` does."""
    return _move_clock(twin, lambda locked: to - clock.now(locked), actor)


def _move_clock(twin: Merchant, far: Callable[[Merchant], timedelta], actor: Actor) -> Merchant:
    with transaction.atomic():
        locked = Merchant.objects.select_for_update(no_key=True).get(pk=twin.pk)
        if not locked.is_sandbox:
            raise SandboxOnly
        by = far(locked)
        if by <= timedelta():
            raise ClockBehind
        if by > MOST_AHEAD - locked.clock_ahead:
            raise ClockTooFar(years=MOST_AHEAD // timedelta(days=365))
        locked.clock_ahead += by
        locked.save(update_fields=["clock_ahead"])
        facts = {"seconds": int(by.total_seconds())}
        audit.record(
            actor, "merchant.clock_advanced", ("merchant", twin.id), merchant_id=twin.id, facts=facts
        )
        agenda.hasten(locked)
        wake.sweeps(agenda.tasks())
    catalogue.forget()
    twin.refresh_from_db()
    return twin


def suspend(merchant: Merchant, *, actor: Actor, reason: str) -> None:
    """Sell nothing more for this merchant; open orders go on."""
    _set_status(merchant, MerchantStatus.SUSPENDED, actor, reason)


def resume(merchant: Merchant, *, actor: Actor, reason: str) -> None:
    """Sell for this merchant again."""
    _set_status(merchant, MerchantStatus.ACTIVE, actor, reason)


def _set_status(merchant: Merchant, status: MerchantStatus, actor: Actor, reason: str) -> None:
    if not reason.strip():
        raise ReasonMissing
    with transaction.atomic():
        Merchant.objects.filter(pk=merchant.pk).update(status=status)
        audit.record(
            actor, f"merchant.{status}", ("merchant", merchant.id), merchant_id=merchant.id, reason=reason
        )
    merchant.status = status
    catalogue.forget()
