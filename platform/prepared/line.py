"""A connection's line to the server: statements prepared on it once, several of them sent with one trip.

The driver's own cursors are made for every kind of query; the sale runs a dozen statements that it knows
beforehand, and a third of what they cost was the cursor and the waiting. Here they go over libpq as it is:
the driver still turns values into parameters and results into rows.
"""

import select
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection, Error, OperationalError
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult

Row = tuple[Any, ...]

_DONE = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)


@dataclass(frozen=True, slots=True)
class Call:
    """A statement with its values. `name` is what the server knows it by; empty where it is not prepared."""

    text: bytes
    name: bytes = b""
    values: Sequence[Any] | None = None
    types: Sequence[int] | None = None
    formats: Sequence[Any] | None = None

    def send(self, server: PGconn) -> None:
        """Send it as part of a pipeline."""
        if self.name:
            server.send_query_prepared(self.name, self.values, self.formats)
        else:
            server.send_query_params(self.text, self.values, self.types, self.formats)

    def run(self, server: PGconn) -> PGresult:
        """Run it by itself."""
        if self.name:
            return server.exec_prepared(self.name, self.values, self.formats)
        return server.exec_params(self.text, self.values, self.types, self.formats)


_BEGIN, _COMMIT = Call(b"BEGIN"), Call(b"COMMIT")


class Line:
    """One connection's. Only the thread that uses the connection may use it.

    What waits belongs to the open transaction: it goes with the next statement of any kind, or with the
    commit, and it is dropped with a rollback. `keyway.database` sees to the last three.
    """

    def __init__(self, connection: Connection[Any]) -> None:
        self.connection = connection
        self.gathers = False  # whether statements may wait for others
        self._server = connection.pgconn
        self._transformer = Transformer(connection)
        self._names: dict[tuple[bytes, tuple[int, ...]], bytes] = {}
        self._prepared: set[bytes] = set()
        self._waiting: list[Call] = []
        self._poll = select.poll()

    def rows(self, text: bytes, values: Sequence[Any]) -> list[Row]:
        """Run a statement, behind those that wait, and give its rows. Raises the driver's errors."""
        return self._load(self._travel(self._call(text, values)))

    def run(self, text: bytes, values: Sequence[Any]) -> int:
        """Run a statement, behind those that wait; how many rows it touched. Raises the driver's errors."""
        return self._travel(self._call(text, values)).command_tuples or 0

    def all(self, asked: Sequence[tuple[bytes, Sequence[Any]]]) -> list[list[Row]]:
        """Run these with one trip, transaction commands among them; the rows of each.

        Raises the driver's errors for the first that is refused. The others after it do not run then, and a
        transaction that they left open is undone.
        """
        try:
            answers = self._pipeline([self._call(*each) for each in asked])
            return [self._load(self._check(answer)) for answer in answers]
        except Error:
            if self._server.transaction_status == TransactionStatus.INERROR:
                self._server.exec_(b"ROLLBACK")
            raise

    def add(self, text: bytes, values: Sequence[Any]) -> None:
        """Let a statement wait for the next trip. What the server says against it is raised there."""
        self._waiting.append(self._call(text, values))

    def flush(self) -> None:
        """Send what waits. Raises the driver's errors."""
        if self._waiting:
            self._travel(self._waiting.pop())

    def commit(self) -> None:
        """Commit, with what waits. Raises the driver's errors; then nothing is committed."""
        if self._waiting or self._server.transaction_status != TransactionStatus.IDLE:
            self._travel(_COMMIT)

    def drop(self) -> None:
        """Forget what waits: its transaction is undone."""
        self._waiting.clear()

    def _call(self, text: bytes, values: Sequence[Any]) -> Call:
        transformer = self._transformer
        given = transformer.dump_sequence(values, [PyFormat.AUTO] * len(values))
        types = transformer.types or ()
        if self.connection.prepare_threshold is None:
            return Call(text, b"", given, types, transformer.formats)
        name = self._names.setdefault((text, types), b"keyway_%d" % len(self._names))
        return Call(text, name, given, types, transformer.formats)

    def _travel(self, last: Call) -> PGresult:
        """One trip: what waits, then `last`. Gives what the server answers to that one."""
        calls, server = self._waiting, self._server
        if not self.connection.autocommit and server.transaction_status == TransactionStatus.IDLE:
            calls = [_BEGIN, *calls]
        if not calls:
            if last.name and last.name not in self._prepared:
                self._check(server.prepare(last.name, last.text, last.types))
                self._prepared.add(last.name)
            return self._check(last.run(server))
        self._waiting = []
        return [self._check(answer) for answer in self._pipeline([*calls, last])][-1]

    def _pipeline(self, calls: Sequence[Call]) -> list[PGresult]:
        """Send these together. Gives the answers to them; what follows a refusal is aborted."""
        server = self._server
        server.enter_pipeline_mode()
        try:
            steps = [step for call in calls for step in self._send(call)]
            server.pipeline_sync()
            while server.flush():
                self._wait(select.POLLIN | select.POLLOUT)
            answers: list[PGresult] = []
            while (answer := self._answer()) is None or answer.status != ExecStatus.PIPELINE_SYNC:
                if answer is not None:
                    answers.append(answer)
                elif server.status == ConnStatus.BAD:
                    raise OperationalError(server.get_error_message() or "the connection is lost")
            server.exit_pipeline_mode()
        except BaseException:
            # Whoever was interrupted between two answers cannot tell what belongs to what any more.
            server.finish()
            raise
        return [answer for step, answer in zip(steps, answers, strict=True) if self._is_told(step, answer)]

    def _send(self, call: Call) -> list[bytes]:
        """Send one as part of a pipeline, prepared there first where it is new. Gives a step for each answer:
        the name of what is being prepared, or nothing.

        A statement is prepared at its own place: that waits for locks, and what stands before may bound it.
        """
        steps = [b""]
        if call.name and call.name not in self._prepared:
            self._server.send_prepare(call.name, call.text, call.types)
            self._prepared.add(call.name)
            steps = [call.name, b""]
        call.send(self._server)
        return steps

    def _is_told(self, step: bytes, answer: PGresult) -> bool:
        """Whether this answer is one to the caller: what he asked for, or why it could not be prepared."""
        if not step:
            return True
        if answer.status in _DONE:
            return False
        self._prepared.discard(step)
        return answer.status != ExecStatus.PIPELINE_ABORTED

    def _answer(self) -> PGresult | None:
        # The driver's `get_result` would wait as well, but hold Python's lock meanwhile, and with it the
        # thread that this one may be waiting for.
        while self._server.is_busy():
            self._wait(select.POLLIN)
        return self._server.get_result()

    def _wait(self, wanted: int) -> None:
        self._poll.register(self._server.socket, wanted)
        if self._poll.poll()[0][1] & ~select.POLLOUT:
            self._server.consume_input()

    def _load(self, result: PGresult) -> list[Row]:
        self._transformer.set_pgresult(result)
        return self._transformer.load_rows(0, result.ntuples, tuple)

    def _check(self, result: PGresult) -> PGresult:
        if result.status in _DONE:
            return result
        if self._server.status == ConnStatus.BAD:
            raise OperationalError(self._server.get_error_message() or "the connection is lost")
        raise error_from_result(result, self._transformer.encoding)
