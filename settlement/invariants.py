"""What must always hold in settlement: W1 to W7 of the safety page, over raw rows."""

from ledger.auditor import Invariant

from .statement_invariants import STATEMENTS

_OPEN = "('drafted', 'first_approved', 'approved', 'sent', 'unknown')"
_GIVEN_BACK = "('rejected', 'cancelled', 'failed', 'returned')"
_SILENT_AT_MOST = "3 days"
_LEEWAY = "5 minutes"  # between the clocks of two machines

_PAYOUTS = (
    Invariant(
        "settlement.payout_posted",
        "Each payout has exactly the postings of its state, each once and over its whole amount.",
        f"""
        SELECT p.id, p.state, m.reserved, m.paid, m.bounced, m.released FROM settlement_payout p
        LEFT JOIN LATERAL (
            SELECT count(*) FILTER (WHERE t.kind = 'payout.reserved') AS reserved,
                count(*) FILTER (WHERE t.kind = 'payout.paid') AS paid,
                count(*) FILTER (WHERE t.kind = 'payout.bounced') AS bounced,
                count(*) FILTER (WHERE t.kind = 'payout.released') AS released,
                bool_and(e.amount = p.amount AND t.book = p.book AND e.currency = p.currency) AS whole
            FROM ledger_transaction t JOIN ledger_entry e ON e.transaction_id = t.id AND e.amount > 0
            WHERE t.subject_type = 'payout' AND t.subject_id = p.id
        ) AS m ON true
        WHERE m.reserved <> 1 OR NOT m.whole
            OR m.released <> CASE WHEN p.state IN {_GIVEN_BACK} THEN 1 ELSE 0 END
            OR m.paid <> CASE WHEN p.paid_at IS NOT NULL THEN 1 ELSE 0 END
            OR m.bounced <> CASE WHEN p.paid_at IS NOT NULL AND p.state = 'returned' THEN 1 ELSE 0 END
            OR (p.state = 'paid' AND p.paid_at IS NULL)
        """,  # noqa: S608 (constants of this module)
    ),
    Invariant(
        "settlement.transit_is_open_payouts",
        "A merchant's money in transit is what its payouts that have not ended are about, thing by thing.",
        f"""
        SELECT t.subject_id, p.state, -sum(e.amount) AS in_transit FROM ledger_account a
        JOIN ledger_entry e ON e.account_id = a.id JOIN ledger_transaction t ON t.id = e.transaction_id
        LEFT JOIN settlement_payout p ON p.id = t.subject_id
        WHERE a.purpose = 'payout_transit' AND t.subject_type = 'payout'
        GROUP BY t.subject_id, p.id, a.owner_id HAVING p.id IS NULL OR a.owner_id <> p.merchant_id
            OR -sum(e.amount) <> CASE WHEN p.state IN {_OPEN} THEN p.amount ELSE 0 END
        """,  # noqa: S608 (constants of this module)
    ),
    Invariant(
        "settlement.payout_just_after_its_close",
        "The money of a payout left just after the close of its statement or later, and it was covered.",
        """
        SELECT p.id, e.available_at, s.upto FROM settlement_payout p
        JOIN settlement_statement s ON s.id = p.statement_id
        JOIN ledger_transaction t ON t.subject_id = p.id AND t.kind = 'payout.reserved'
        JOIN ledger_entry e ON e.transaction_id = t.id AND e.account_id = s.account_id
        WHERE e.available_at <= s.upto OR NOT e.guarded
        """,
    ),
    Invariant(
        "settlement.bank_is_paid_payouts",
        "Nothing but payouts moves the bank's money, each with a payout.",
        """
        SELECT t.id, t.reference FROM ledger_transaction t
        LEFT JOIN settlement_payout p ON p.id = t.subject_id
        WHERE t.subject_type = 'payout' AND p.id IS NULL
        """,
    ),
    Invariant(
        "settlement.approved_by_two",
        "Beyond approval there are two approvers, neither of them the maker, each with a fresh code.",
        """
        SELECT id, state FROM settlement_payout
        WHERE first_approved_by_id = second_approved_by_id
            OR maker_id IN (first_approved_by_id, second_approved_by_id)
            OR (state IN ('approved', 'sent', 'unknown', 'paid', 'failed', 'returned')
                AND (first_approved_by_id IS NULL OR second_approved_by_id IS NULL))
            OR first_proved_at NOT BETWEEN first_approved_at - interval '5 minutes' AND first_approved_at
            OR second_proved_at NOT BETWEEN second_approved_at - interval '5 minutes' AND second_approved_at
        """,
    ),
    Invariant(
        "settlement.approved_in_time",
        "The second approval came after the first, and within three days of it.",
        """
        SELECT id, state, first_approved_at, second_approved_at FROM settlement_payout
        WHERE second_approved_at NOT BETWEEN first_approved_at AND first_approved_at + interval '72 hours'
        """,
    ),
    Invariant(
        "settlement.not_by_who_changed_the_account",
        "Nobody approved a payout to a bank account that they had changed within three days.",
        """
        SELECT p.id, b.id AS bank_account_id FROM settlement_payout p
        JOIN settlement_bankaccount b ON b.id = p.bank_account_id
        WHERE (b.changed_by_id = p.first_approved_by_id
                AND b.changed_at > p.first_approved_at - interval '72 hours')
            OR (b.changed_by_id = p.second_approved_by_id
                AND b.changed_at > p.second_approved_at - interval '72 hours')
        """,
    ),
    Invariant(
        "settlement.mode_permits",
        "A payout was drafted under a licence in force for the merchant's country; while it waits, its"
        " merchant is paid out by the platform.",
        """
        SELECT p.id, m.settlement_mode FROM settlement_payout p
        JOIN merchants_merchant m ON m.id = p.merchant_id
        LEFT JOIN merchants_licence l ON l.id = p.licence_id
        WHERE l.id IS NULL OR l.jurisdiction <> m.country
            OR ((p.drafted_at + m.clock_ahead) AT TIME ZONE m.time_zone)::date < l.valid_from
            OR (p.drafted_at AT TIME ZONE m.time_zone)::date > l.valid_to
            OR (m.settlement_mode <> 'platform_payout'
                AND p.state IN ('drafted', 'first_approved', 'approved'))
        """,
    ),
    Invariant(
        "settlement.sent_is_asked",
        "What was sent is asked about until it is known, and none has been open at the bank for three days.",
        f"""
        SELECT id, state, next_query_at FROM settlement_payout
        WHERE (state IN ('approved', 'sent', 'unknown') AND next_query_at IS NULL)
            OR (state = 'unknown' AND sent_at < now() - interval '{_SILENT_AT_MOST}')
        """,  # noqa: S608 (constants of this module)
    ),
    Invariant(
        "settlement.told",
        "Every state that a payout is in was told once.",
        """
        SELECT p.id, p.state, count(e.id) AS events FROM settlement_payout p
        LEFT JOIN outbox_event e ON e.subject_id = p.id AND e.topic = 'payout.' || p.state
        GROUP BY p.id HAVING count(e.id) < 1
        """,
    ),
    Invariant(
        "settlement.paid_to_its_merchant",
        "A payout goes to a bank account of its merchant in its currency, the same from draft to end.",
        """
        SELECT p.id, p.bank_account_id FROM settlement_payout p
        LEFT JOIN settlement_bankaccount b ON (b.id, b.merchant_id, b.book, b.currency)
            = (p.bank_account_id, p.merchant_id, p.book, p.currency)
        WHERE b.id IS NULL OR EXISTS (SELECT FROM audit_row r WHERE r.subject_id = p.id
            AND r.subject_kind = 'payout' AND r.facts->>'bank_account' <> p.bank_account_id::text)
        """,
    ),
    Invariant(
        "settlement.bank_accounts_as_added",
        "Every bank account that was added is there, as it was added, when and by whom.",
        """
        SELECT coalesce(b.id, r.subject_id) AS id, b.last_four, r.facts->>'last_four' AS added FROM (
            SELECT subject_id, merchant_id, facts,
                CASE WHEN actor_kind IN ('member', 'operator') THEN actor_id END AS person
            FROM audit_row WHERE action = 'bank_account.added'
        ) AS r FULL JOIN settlement_bankaccount b ON b.id = r.subject_id
        WHERE (b.merchant_id, b.currency, b.last_four, b.changed_by_id)
            IS DISTINCT FROM (r.merchant_id, r.facts->>'currency', r.facts->>'last_four', r.person)
            OR b.changed_at <> (r.facts->>'changed_at')::timestamptz
            OR encode(sha256(b.fingerprint || convert_to(b.bank, 'UTF8')), 'hex') <> r.facts->>'particulars'
        """,
    ),
    Invariant(
        "settlement.bank_accounts_confirmed",
        "No bank account is in use, or ever was, but by an operator's confirmation that is in the trail.",
        """
        SELECT b.id, b.state, b.confirmed_by_id FROM settlement_bankaccount b
        WHERE (b.state = 'active' OR b.confirmed_at IS NOT NULL) AND NOT EXISTS (
            SELECT FROM audit_row r WHERE r.subject_id = b.id AND r.action = 'bank_account.confirmed'
                AND r.actor_kind = 'operator' AND r.actor_id = b.confirmed_by_id)
        """,
    ),
    Invariant(
        "settlement.approved_when_told",
        "Each approval is in the trail by the same person, and was given when it says.",
        f"""
        SELECT p.id, a.deed, a.approved_at FROM settlement_payout p
        LEFT JOIN LATERAL (
            -- A history of another time, as demo and simulation play it: from its draft on, which the trail
            -- has as it was told then, beside the time at which that happened.
            SELECT bool_or(p.drafted_at = (r.facts->>'drafted_at')::timestamptz AND p.drafted_at
                NOT BETWEEN r.at - interval '{_LEEWAY}' AND r.at + interval '{_LEEWAY}') AS is_history
            FROM audit_row r WHERE r.subject_id = p.id AND r.action = 'payout.drafted'
        ) AS d ON true
        CROSS JOIN LATERAL (VALUES
            ('payout.first_approved', p.first_approved_by_id, p.first_approved_at),
            ('payout.approved', p.second_approved_by_id, p.second_approved_at)
        ) AS a (deed, person, approved_at)
        WHERE a.person IS NOT NULL AND (a.approved_at < p.drafted_at OR NOT EXISTS (
            SELECT FROM audit_row r WHERE r.subject_id = p.id AND r.action = a.deed AND r.actor_id = a.person
                AND (d.is_history
                    OR a.approved_at BETWEEN r.at - interval '{_LEEWAY}' AND r.at + interval '{_LEEWAY}')))
        """,  # noqa: S608 (constants of this module)
    ),
)

INVARIANTS = (*STATEMENTS, *_PAYOUTS)
