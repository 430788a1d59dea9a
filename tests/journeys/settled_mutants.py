"""Mistakes in what comes after the sale: statements, payouts, and money that comes back."""

from tests.journeys.mutants import Change, Mutant

_MOVES, _PAYOUTS = "settlement/services/moves.py", "settlement/services/payouts.py"
_TRANSFERS, _POSTINGS = "settlement/services/transfers.py", "settlement/postings.py"

SETTLED = {
    "a payout is not covered": Mutant(
        r"More was drafted than there is|settlement\.payout_just_after_its_close",
        code=(
            Change(
                _POSTINGS,
                "Leg(move.merchant, move.amount, available_at, guarded=True)",
                "Leg(move.merchant, move.amount, available_at)",
            ),
        ),
    ),
    "a statement begins with what the last one ended with": Mutant(
        r"statement_is_its_close|settlement\.statement_is_the_ledger",
        functions=(
            Change(
                "settlement_compute_statement",
                "e.available_at > coalesce(NEW.previous, '-infinity')",
                "e.available_at >= coalesce(NEW.previous, '-infinity')",
            ),
        ),
    ),
    "a statement ends before its last moment": Mutant(
        r"statement_is_its_close|settlement\.statement_is_the_ledger",
        functions=(
            Change(
                "settlement_compute_statement",
                "e.available_at <= NEW.upto",
                "e.available_at < NEW.upto",
            ),
        ),
    ),
    "money that came back is given twice": Mutant(
        r"settlement\.payout_posted|settlement\.transit_is_open_payouts|What is in transit",
        code=(
            Change(
                _MOVES,
                "    back.append(postings.released(moved, reverses=aside))\n",
                "    back.append(postings.released(moved, reverses=aside))\n"
                "    if was_paid:\n"
                "        again = postings.released(moved, reverses=aside)\n"
                "        from dataclasses import replace\n"
                "        back.append(replace(again, reference=again.reference + ':again', reverses=None))\n",
            ),
        ),
    ),
    "what was paid and came back is released only": Mutant(
        r"settlement\.payout_posted|settlement\.transit_is_open_payouts|What is in transit",
        code=(Change(_MOVES, "    if was_paid:\n", "    if False:\n"),),
    ),
    "one person approves twice": Mutant(
        r"One person approved twice|settlement\.approved_by_two",
        code=(
            Change(
                _PAYOUTS,
                "if operator_id in queries.people_of(payout):",
                "if operator_id == payout.maker_id:",
            ),
        ),
        statements=("ALTER TABLE settlement_payout DROP CONSTRAINT payout_approved_by_two",),
    ),
    "a payout has a new number each time": Mutant(
        r"The bank's money is not|KeyError|bring_to_rest",
        code=(
            Change(
                _TRANSFERS,
                "request_no=payout.request_no,",
                'request_no=f"{payout.request_no}{payout.queries}",',
            ),
        ),
    ),
    "a silent bank has refused": Mutant(
        r"The bank's money is not|settled\.py|settling\.py",
        code=(
            Change(
                _TRANSFERS,
                "elif answer.state == TransferState.FAILED:",
                "elif answer.state in (TransferState.FAILED, TransferState.UNKNOWN):",
            ),
        ),
    ),
    "a period is settled by whoever comes": Mutant(
        r"One period has two statements|duplicate key|statement_",
        code=(
            Change(
                "settlement/services/statements.py",
                "SELECT FROM settlement_statement s WHERE s.account_id = a.id AND s.upto >= %(upto)s)",
                "SELECT WHERE false)",
            ),
        ),
    ),
}
