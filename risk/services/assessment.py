"""Assessment: may this order be placed? The one question that a sale asks of risk."""

from uuid import UUID

import structlog
from django.db import Error

from kernel import clock, ids
from kernel.errors import Problem

from .. import rules, sql, values
from ..facts import Decision, Facts, Reason
from ..sql import Deadline, Keys, Late
from ..states import Dimension, Kind, Outcome
from ..verdicts import Limit, judge

BUDGET_MS = 50

_log = structlog.get_logger(__name__)


def assess(facts: Facts) -> Decision:
    """Judge and store. Call it with no transaction open.

    It raises nothing for its own troubles: where it fails or would take more than 50 ms, the merchant's
    fall-back policy decides, and the reasons say so.
    """
    deadline, decision_id = Deadline(BUDGET_MS), ids.new()
    try:
        outcome, reasons = _judged(deadline, decision_id, facts)
    except Late:
        return _fall_back(deadline, decision_id, facts, "slow")
    except (Error, Problem) as error:
        _log.warning("risk.failed", merchant=str(facts.merchant_id), error=type(error).__name__)
        return _fall_back(deadline, decision_id, facts, "failed")
    return Decision(decision_id, outcome, reasons)


def _judged(deadline: Deadline, decision_id: UUID, facts: Facts) -> tuple[Outcome, tuple[Reason, ...]]:
    now, book_rules, keys = clock.now(), rules.of(facts.book), _keys(facts)
    watched = _watched(book_rules.limits(facts.merchant_id), facts, keys)
    listable = [key for key in _listable(keys) if key] if book_rules.has_lists else []
    seen = sql.write_and_look(deadline, decision_id, now, facts, keys, watched, listable)
    outcome, reasons = judge(*seen, unread=_unread(facts, keys))
    if reasons:
        sql.conclude(deadline, decision_id, outcome, reasons)
    return outcome, reasons


def _fall_back(deadline: Deadline, decision_id: UUID, facts: Facts, why: str) -> Decision:
    outcome = rules.fallback(facts.merchant_id)
    reasons = (Reason(f"fallback.{why}", {"milliseconds": deadline.spent}),)
    try:
        is_stored = sql.conclude(Deadline(BUDGET_MS), decision_id, outcome, reasons)
    except (Error, Late):
        is_stored = False
    if not is_stored:
        _log.warning("risk.not_stored", merchant=str(facts.merchant_id), outcome=outcome)
    return Decision(decision_id if is_stored else None, outcome, reasons)


def _keys(facts: Facts) -> Keys:
    return Keys(
        address=values.key(Kind.ADDRESS, facts.address, book=facts.book),
        email=values.key(Kind.EMAIL, facts.contact, book=facts.book),
        email_domain=values.key(Kind.EMAIL_DOMAIN, facts.contact, book=facts.book),
        device=values.key(Kind.DEVICE, facts.device, book=facts.book),
    )


def _listable(keys: Keys) -> tuple[UUID | None, ...]:
    return keys.address, keys.email, keys.email_domain, keys.device


def _unread(facts: Facts, keys: Keys) -> tuple[str, ...]:
    """What was sent and no rule could read. A device's token may be missing, but is never told apart."""
    sent = (
        ("contact", facts.contact, keys.email_domain and keys.email),
        ("address", facts.address, keys.address),
    )
    return tuple(name for name, text, key in sent if text.strip() and key is None)


def _watched(limits: tuple[Limit, ...], facts: Facts, keys: Keys) -> list[tuple[Limit, UUID]]:
    """The limits that can count this order, each with the key that it counts by."""
    by_dimension = {
        Dimension.ADDRESS: keys.address,
        Dimension.EMAIL: keys.email,
        Dimension.DEVICE: keys.device,
        Dimension.PRODUCT: facts.product_id,
        Dimension.STORE: facts.store_id,
    }
    found = ((limit, by_dimension[limit.dimension]) for limit in limits)
    return [(limit, key) for limit, key in found if key is not None]
