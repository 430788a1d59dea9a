"""What the auditor asks of the outbox: a code, a sentence, and SQL that yields the rows which break it."""

INVARIANTS: list[tuple[str, str, str]] = [
    (
        "E2.numbered",
        "Every event older than ten minutes has a number.",
        """
        SELECT e.id FROM outbox_event e
        WHERE e.created_at < clock_timestamp() - interval '10 minutes'
          AND NOT EXISTS (SELECT FROM outbox_number n WHERE n.event_id = e.id)
        """,
    ),
    (
        "E2.gapless",
        "Numbers have no gap.",
        """
        SELECT number FROM (SELECT number, lag(number) OVER (ORDER BY number) AS before FROM outbox_number) n
        WHERE number <> before + 1
        """,
    ),
    (
        "E2.parked",
        "No parked event is overdue by more than ten minutes.",
        """
        SELECT id FROM outbox_parked
        WHERE state = 'trying' AND next_try_at < clock_timestamp() - interval '10 minutes'
        """,
    ),
    (
        "E2.queued",
        "Nothing waits behind a parked event that is gone.",
        """
        SELECT p.id FROM outbox_parked p
        WHERE p.state = 'behind' AND NOT EXISTS (
            SELECT FROM outbox_parked before
            WHERE before.subscriber = p.subscriber AND before.subject_id = p.subject_id
              AND before.state <> 'dead' AND before.number < p.number
        )
        """,
    ),
    (
        "E3.version",
        "The events of an object are counted from 1 without a gap, in the order of their numbers.",
        """
        SELECT number FROM (
            SELECT number, version, row_number() OVER (PARTITION BY subject_id ORDER BY number) AS place
            FROM outbox_number
        ) n
        WHERE version <> place
        """,
    ),
    (
        "E4.event",
        "Every number belongs to an event of the same topic and object.",
        """
        SELECT n.number FROM outbox_number n LEFT JOIN outbox_event e ON e.id = n.event_id
        WHERE e.id IS NULL OR e.topic <> n.topic OR e.subject_id <> n.subject_id
        """,
    ),
]
