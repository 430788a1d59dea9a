"""Merchants and their sandbox twins: opening, suspending, and a twin's clock."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F

import audit
from kernel.actors import Actor
from kernel.books import Book
from kernel.errors import Forbidden

from ..errors import ReasonMissing
from ..models import Merchant
from ..states import MerchantStatus
from . import catalogue
from .checked import checked


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
    """Let a twin's clock run ahead by so much more. It never goes back; a live merchant's never moves."""
    if not twin.is_sandbox or by <= timedelta():
        raise Forbidden
    with transaction.atomic():
        Merchant.objects.filter(pk=twin.pk).update(clock_ahead=F("clock_ahead") + by)
        facts = {"seconds": int(by.total_seconds())}
        audit.record(
            actor, "merchant.clock_advanced", ("merchant", twin.id), merchant_id=twin.id, facts=facts
        )
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
