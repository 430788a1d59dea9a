"""Does what is due: notifications, visits of buyers who are not there, trades whose time is up.

Everything due stands in a table, so a restart loses nothing. Several threads and processes may run at
once: each takes rows of its own, for a while; what a dead one had taken becomes due again.
"""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.db import close_old_connections, connection, transaction
from django.db.models import Q

from kernel import clock

from . import bell, outgoing
from .alipay import notices, trades, wallet
from .models import Notice, NoticeSend, Play
from .states import Ending
from .stripe import couriers, deeds, sessions

# Alipay: eight times in all, over 25 hours, until the answer is the text `success`.
RETRIES = tuple(timedelta(minutes=minutes) for minutes in (4, 10, 10, 60, 2 * 60, 6 * 60, 15 * 60))
ACCEPTED = "success"
Post = Callable[[str, bytes], outgoing.Reply]
_LEASE = timedelta(seconds=30)
_THREADS = 4
_LOOK_EVERY = 1.0
_log = structlog.get_logger(__name__)


def start() -> None:
    """Start the threads of this process. They end with it."""
    for number in range(_THREADS):
        # Expiry and absent buyers are quick work for one; only notices wait for other people's servers.
        work = perform_due if number == 0 else _send_due
        threading.Thread(target=_run, args=[work], name=f"sandbox-notifier-{number}", daemon=True).start()


def perform_due(moment: datetime) -> int:
    """Do all that is due at `moment`. Returns how much that was."""
    done = trades.expire_due(moment) + sessions.expire_due(moment)
    while play_next(moment) or deeds.next_due(moment):
        done += 1
    return done + _send_due(moment)


def send_next(moment: datetime, *, post: Post = outgoing.post_form) -> bool:
    """Send the notice that is due longest, if there is one. `post` brings a form to an address."""
    notice = _take(moment)
    if notice is None:
        return False
    reply = post(notice.url, notices.form(notice, clock.now()))
    _conclude(notice, reply, moment)
    return True


def play_next(moment: datetime) -> bool:
    """Let the next absent buyer make the visit that is due, if there is one."""
    with transaction.atomic():
        play = (
            Play.objects.select_for_update(no_key=True, skip_locked=True)
            .filter(done_at__isnull=True, due_at__lte=moment)
            .order_by("due_at")
            .first()
        )
        if play is None:
            return False
        token = play.trade.token
        wallet.look(token)
        wallet.end(token, Ending(play.ending), reason=play.reason, even_closed=play.even_closed)
        play.done_at = moment
        play.save(update_fields=["done_at"])
    return True


def _send_due(moment: datetime) -> int:
    sent = 0
    while send_next(moment) or couriers.send_next(moment):
        sent += 1
    return sent


def _take(moment: datetime) -> Notice | None:
    """Take a due notice for the time of a lease, and commit."""
    with transaction.atomic():
        notice = (
            Notice.objects.select_for_update(no_key=True, skip_locked=True)
            .filter(due_at__lte=moment)
            .order_by("due_at", "id")
            .first()
        )
        if notice is not None:
            notice.due_at = moment + _LEASE
            notice.save(update_fields=["due_at"])
    return notice


@transaction.atomic
def _conclude(notice: Notice, reply: outgoing.Reply, moment: datetime) -> None:
    NoticeSend.objects.create(notice=notice, sent_at=moment, status=reply.status, answer=reply.text)
    accepted = reply.status == 200 and reply.text == ACCEPTED
    sends = notice.sends + 1
    again = None if accepted or sends > len(RETRIES) else moment + RETRIES[sends - 1]
    # Somebody may have asked for a resend meanwhile: then it stays due.
    still_taken = Q(pk=notice.pk, due_at=notice.due_at)
    Notice.objects.filter(still_taken).update(due_at=again)
    Notice.objects.filter(pk=notice.pk).update(sends=sends, **({"accepted_at": moment} if accepted else {}))


def resend(notice: Notice) -> None:
    """Send a notice once more, now."""
    Notice.objects.filter(pk=notice.pk).update(due_at=clock.now())
    bell.ring()


def _run(work: Callable[[datetime], int]) -> None:
    while True:
        try:
            close_old_connections()
            work(clock.now())
        except Exception:
            # The database may be away, or one row may be bad: what is due stays due, and the thread lives on.
            _log.exception("sandbox.notifier.failed")
            connection.close()
        bell.wait(_LOOK_EVERY)
