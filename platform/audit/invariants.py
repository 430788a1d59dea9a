"""What the auditor asks of the trail: a code, a sentence, and SQL that yields the rows which break it."""

INVARIANTS: list[tuple[str, str, str]] = [
    (
        "A1.gapless",
        "The links of the audit chain are numbered without a gap from 1.",
        """
        SELECT number FROM (SELECT number, row_number() OVER (ORDER BY number) AS place FROM audit_link) l
        WHERE number <> place
        """,
    ),
    (
        "A1.hash",
        "Every link's hash covers its audit row, as it stands now, and the hash before it.",
        """
        SELECT l.number
        FROM (
            SELECT number, row_id, hash, lag(hash, 1, ''::bytea) OVER (ORDER BY number) AS before
            FROM audit_link
        ) l
        LEFT JOIN audit_row r ON r.id = l.row_id
        WHERE r.id IS NULL OR l.hash <> sha256(l.before || audit_canonical(r))
        """,
    ),
    (
        "A1.chained",
        "Every audit row older than an hour is in the chain.",
        """
        SELECT r.id FROM audit_row r
        WHERE r.at < clock_timestamp() - interval '1 hour'
          AND NOT EXISTS (SELECT FROM audit_link l WHERE l.row_id = r.id)
        """,
    ),
    (
        "A1.actor",
        "Members and operators are named in the rows of their deeds.",
        "SELECT id FROM audit_row WHERE actor_kind IN ('member', 'operator') AND actor_id IS NULL",
    ),
]
