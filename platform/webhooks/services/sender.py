"""The sender of a process: one thread talks to the database, a pool of threads talks to receivers.

So a process holds one connection to the database however many requests are under way, and a receiver that
takes its ten seconds costs a thread of the pool and nothing else. Slow and failing endpoints together get
half of the pool; the rest is always there for those that answer quickly.
"""

from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

import structlog
from django.db import close_old_connections, connection

from outbox.wake import Waker

from . import calls, claims, outcomes
from .calls import Outcome
from .claims import Job

_log = structlog.get_logger(__name__)

THREADS = 32
_LOOK_SECONDS = 0.2
_PAUSE_SECONDS = 0.05

Flying = dict[Future[Outcome], Job]


def run(*, threads: int = THREADS) -> int:
    """Send all that is due, and what becomes due meanwhile; how many attempts."""
    done = 0
    flying: Flying = {}
    with ThreadPoolExecutor(max_workers=threads, thread_name_prefix="webhooks") as pool:
        while True:
            weak = sum(job.is_weak for job in flying.values())
            for job in claims.take(quick=threads - len(flying), slow=max(1, threads // 2) - weak):
                flying[pool.submit(calls.post, job)] = job
            if not flying:
                return done
            done += _conclude(flying)


def _conclude(flying: Flying) -> int:
    """Record what came back. Waits for something, but not for long: more may be due by then."""
    ended, _ = wait(flying, timeout=_LOOK_SECONDS, return_when=FIRST_COMPLETED)
    for future in ended:
        outcomes.conclude(flying.pop(future), future.result())
    return len(ended)


def _work() -> None:
    close_old_connections()
    try:
        run()
    except Exception:
        # What was under way is due again when its lease ends.
        _log.exception("webhooks.sender_failed")
        connection.close()
        raise
    finally:
        close_old_connections()


_thread = Waker(_work, interval=_PAUSE_SECONDS)


def start() -> None:
    """Have this process send what is due, in the background. Returns at once."""
    _thread.hint()
