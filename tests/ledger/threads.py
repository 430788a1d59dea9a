"""Real threads, each with a connection of its own."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connection, connections


def together(jobs: Sequence[Callable[[], Any]]) -> list[Any]:
    """Start all jobs at the same moment; what each gave, or the exception that it ended with."""
    barrier = Barrier(len(jobs))

    def run(job: Callable[[], Any]) -> Any:
        try:
            # Connected first: the jobs are to meet in the database, not on the way to it.
            connection.ensure_connection()
            barrier.wait(30)
            return job()
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))
