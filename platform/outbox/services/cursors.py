"""Where subscribers begin."""

from collections.abc import Iterable
from typing import Any

from django.db import connection

_BEGIN = """
    INSERT INTO outbox_cursor (subscriber, number)
    SELECT name, (SELECT coalesce(max(number), 0) FROM outbox_number) FROM unnest(%s::text[]) AS name
    ON CONFLICT (subscriber) DO NOTHING
"""


def begin(names: Iterable[str]) -> None:
    """Give a cursor to each subscriber that has none: it hears of what is numbered from now on.

    The relay calls it before it numbers, and `migrate` when it is done, so that nothing falls between a
    release and its first relay.
    """
    with connection.cursor() as cursor:
        cursor.execute(_BEGIN, [list(names)])


def after_migrate(**_: Any) -> None:
    """Begin every registered subscriber."""
    from outbox import subscribers

    begin(each.name for each in subscribers.registered())
