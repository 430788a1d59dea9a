"""What risk does by itself."""

from datetime import timedelta

from celery import shared_task
from django.db import connection
from django.db.models import Max

from kernel import clock

from . import sql
from .models import Limit

_SHORTEST = timedelta(hours=1)


@shared_task
def forget_traces() -> int:
    """Delete the traces that no limit looks back to any more; gives their number."""
    longest = Limit.objects.filter(is_active=True).aggregate(longest=Max("seconds"))["longest"] or 0
    before = sql.first_id(clock.now() - max(_SHORTEST, timedelta(seconds=longest)))
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM risk_trace WHERE id < %s", [before])
        return int(cursor.rowcount)
