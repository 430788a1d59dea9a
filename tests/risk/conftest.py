"""Traces of long ago."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection

from kernel import clock
from risk.sql import first_id


@pytest.fixture
def age_traces(db) -> Callable[..., None]:
    """`age_traces(seconds=601)`: the one order that was counted came 601 seconds ago."""

    def age(**ago: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE risk_trace SET id = %s", [first_id(clock.now() - timedelta(**ago))])

    return age
