"""What the auditor asks of webhooks: a code, a sentence, and SQL that yields the rows which break it."""

from .bodies import API_VERSION
from .topics import PING, public

# A literal of the catalogue: names of topics, from code.
_PUBLIC = ", ".join(f"'{name}'" for name in public())
_KEPT = "interval '20 days'"

INVARIANTS: list[tuple[str, str, str]] = [
    (
        "E2.published",
        "Every public event of a merchant that was handed over is kept with its bytes.",
        f"""
        SELECT e.id FROM outbox_cursor c
        JOIN outbox_number n ON n.number <= c.number
        JOIN outbox_event e ON e.id = n.event_id
        WHERE c.subscriber = 'webhooks' AND e.topic IN ({_PUBLIC}) AND e.merchant_id IS NOT NULL
          AND e.created_at > clock_timestamp() - {_KEPT}
          AND n.number > (SELECT coalesce(min(number), 0) FROM webhooks_event)
          AND NOT EXISTS (SELECT FROM webhooks_event w WHERE w.id = e.id)
          AND NOT EXISTS (SELECT FROM outbox_parked p WHERE p.subscriber = 'webhooks' AND p.event_id = e.id)
        """,  # noqa: S608  (constants)
    ),
    (
        "E2.place",
        "Every event has a place that was given, so that who follows by place sees each.",
        """
        SELECT e.id FROM webhooks_event e LEFT JOIN webhooks_place p ON p.merchant_id = e.merchant_id
        WHERE e.place > coalesce(p.last, 0)
        """,
    ),
    (
        "E2.fanned_out",
        "Every public event has a delivery for each endpoint that was on and asked for it.",
        f"""
        SELECT e.id, p.id AS endpoint FROM webhooks_endpoint p
        JOIN webhooks_event e ON e.merchant_id = p.merchant_id AND e.number > p.filters_since
        WHERE p.state = 'enabled' AND e.topic <> '{PING}'
          AND p.topics && ARRAY[e.topic, split_part(e.topic, '.', 1) || '.*', '*']::varchar[]
          AND e.occurred_at > clock_timestamp() - {_KEPT}
          AND NOT EXISTS (
              SELECT FROM webhooks_delivery d WHERE d.endpoint_id = p.id AND d.number = e.number)
        """,  # noqa: S608  (constants)
    ),
    (
        "E2.owner",
        "A delivery is of an event of the endpoint's own merchant and book.",
        """
        SELECT d.id FROM webhooks_delivery d JOIN webhooks_endpoint p ON p.id = d.endpoint_id
        JOIN webhooks_event e ON e.id = d.event_id
        WHERE (e.merchant_id, e.book, e.number, e.subject_id)
            IS DISTINCT FROM (p.merchant_id, p.book, d.number, d.subject_id)
        """,
    ),
    (
        "E2.waiting",
        "Every delivery that waits has a lane in which somebody finds it, at an endpoint that is on.",
        """
        SELECT d.id FROM webhooks_delivery d JOIN webhooks_endpoint p ON p.id = d.endpoint_id
        WHERE d.state = 'pending' AND (p.state <> 'enabled' OR NOT EXISTS (
            SELECT FROM webhooks_lane l WHERE l.endpoint_id = d.endpoint_id AND l.subject_id = d.subject_id))
        """,
    ),
    (
        "E2.overdue",
        "No lane is overdue by more than ten minutes.",
        """
        SELECT l.id, l.endpoint_id, l.subject_id FROM webhooks_lane l
        JOIN webhooks_endpoint p ON p.id = l.endpoint_id
        WHERE l.next_try_at < clock_timestamp() - interval '10 minutes'
          AND coalesce(p.held_until, '-infinity') < clock_timestamp() - interval '10 minutes'
        """,
    ),
    (
        "E3.lane",
        "No event of an object is tried before an earlier one is acknowledged or given up.",
        """
        SELECT later.id FROM webhooks_delivery first
        JOIN webhooks_delivery later ON later.endpoint_id = first.endpoint_id
            AND later.subject_id = first.subject_id AND later.number > first.number
        WHERE first.state = 'pending' AND first.resent_at IS NULL
          AND later.resent_at IS NULL AND (later.attempts > 0 OR later.state = 'delivered')
        """,
    ),
    (
        "E4.bytes",
        "All attempts to tell of an event sent the same bytes: those that are kept.",
        """
        SELECT a.id FROM webhooks_attempt a JOIN webhooks_event e ON e.id = a.event_id
        WHERE a.error <> 'event_gone' AND a.digest <> sha256(convert_to(e.body, 'UTF8'))
        """,
    ),
    (
        "E4.version",
        "Every endpoint hears a version that there is.",
        f"SELECT id FROM webhooks_endpoint WHERE api_version <> '{API_VERSION}'",  # noqa: S608  (a constant)
    ),
]
