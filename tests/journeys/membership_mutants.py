"""Mistakes in memberships: charged twice, too late, too much or without right; granted for nothing."""

from tests.journeys.mutants import Change, Mutant

_MACHINE = (
    "tests/journeys/test_membership_machine.py::test_many_long_histories_of_memberships_leave_the_books_right"
)
_SERVICES = "payments/subscriptions/services/"
_BATCH, _RENEWALS = _SERVICES + "batch.py", _SERVICES + "renewals.py"
_DELIVERIES, _LIVES = _SERVICES + "deliveries.py", _SERVICES + "lives.py"


def _mutant(sign: str, *changes: tuple[str, str, str]) -> Mutant:
    return Mutant(sign, code=tuple(Change(*each) for each in changes), machine=_MACHINE)


MEMBERSHIPS = {
    "a lost answer is a refusal": _mutant(
        "Somebody paid twice|money_is_the_houses",
        (
            "payments/channels/stripe_mandates.py",
            "state = ChargeState.FAILED if settled else ChargeState.UNKNOWN\n"
            "        return ChargeAnswer(state, handle=unclear.intent",
            "state = ChargeState.FAILED if settled else ChargeState.FAILED\n"
            "        return ChargeAnswer(state, handle=unclear.intent",
        ),
    ),
    "a lost card is tried again": _mutant(
        "A card was charged again that its bank refused for good",
        (
            _SERVICES + "refusals.py",
            "    if not declines.is_hard(code) or declines.needs_buyer(code):\n",
            "    if True:\n",
        ),
    ),
    "a renewal is not granted": _mutant(
        r"subscriptions\.granted_once|grant_",
        (
            _DELIVERIES,
            "        batch.grant(invoice)\n",
            "        if invoice.kind != InvoiceKind.RENEWAL:\n            batch.grant(invoice)\n",
        ),
    ),
    "a void invoice keeps its part of the balance": _mutant(
        r"subscriptions\.balance",
        (_BATCH, "            invoice.subscription.balance += invoice.balance_used\n", ""),
    ),
    "a change leaves the old period": _mutant(
        r"grants_apart|grant_",
        (_DELIVERIES, "            batch.cut_short(subscription, at)\n", "            pass\n"),
    ),
    "a period ends a day late": _mutant(
        r"subscriptions\.(granted_once|stands_as_granted)",
        (
            _LIVES,
            "    subscription.period_starts, subscription.period_ends = starts, ends\n",
            "    subscription.period_starts, subscription.period_ends = starts, ends + timedelta(days=1)\n",
        ),
    ),
    "who pauses is charged": _mutant(
        "Who had cancelled or paused was charged",
        (_RENEWALS, "        elif subscription.pause_at_end:\n", "        elif False:\n"),
    ),
    "who cancels is charged": _mutant(
        "Who had cancelled or paused was charged",
        (_RENEWALS, "        elif subscription.cancel_at_end:\n", "        elif False:\n"),
    ),
    "a credit is used and kept": _mutant(
        r"subscriptions\.balance",
        (_BATCH, "        invoice.subscription.balance -= invoice.balance_used\n", ""),
    ),
    "a permission has no limit": _mutant(
        "More was charged than was agreed to|nobody agreed to this charge",
        (_SERVICES + "keeping.py", "        return amount <= self.limit\n", "        return True\n"),
    ),
    "a refund leaves its period": _mutant(
        "What went back whole is still had",
        (_DELIVERIES, "            batch.cuts.append((invoice.pk, at))\n", "            pass\n"),
    ),
    "who leaves at once stays a member": _mutant(
        "Who left at once is a member still",
        (_SERVICES + "cancellations.py", "    batch.cut_short(row, at)\n", ""),
    ),
    "a trial is revenue": _mutant(
        "What brings nothing counts as revenue|subscription_recurring",
        (_LIVES, "    if subscription.state != _S.ACTIVE:\n", "    if subscription.state == _S.ENDED:\n"),
    ),
    "revenue is not written down": _mutant(
        r"subscriptions\.recurring",
        (
            _BATCH,
            "        if revenue:\n            RecurringChange",
            "        if revenue and False:\n            RecurringChange",
        ),
    ),
}
