"""The database backend. Django looks for this module by its name."""

import select
from typing import Any

from django.db.backends.postgresql import base
from django.db.backends.utils import debug_transaction

from prepared import Line


class DatabaseWrapper(base.DatabaseWrapper):
    """As Django's, with a line for prepared statements, and a cheaper check of a kept connection.

    A server that stops, restarts or ends the session closes its end: the line has something to read while
    nothing was asked. Then, and after any error, the server itself is asked, as Django does. Asking it each
    time costs a sale about 4 % of its time.
    """

    _line: Line | None = None

    @property
    def line(self) -> Line:
        """Where prepared statements go; of an open connection."""
        if self._line is None or self._line.connection is not self.connection:
            self._line = Line(self.connection)
        return self._line

    def create_cursor(self, name: str | None = None) -> Any:
        """A cursor; what waits for a trip to the server comes before whatever it runs."""
        self.line.flush()
        return super().create_cursor(name)

    def _commit(self) -> None:
        if self.connection is not None:
            with debug_transaction(self, "COMMIT"), self.wrap_database_errors:
                self.line.commit()

    def _rollback(self) -> None:
        if self.connection is not None:
            self.line.drop()
        super()._rollback()  # type: ignore[misc]

    def _savepoint_rollback(self, sid: str) -> None:
        # Saving the point was a statement: what waits came after it.
        self.line.drop()
        super()._savepoint_rollback(sid)  # type: ignore[misc]

    def is_usable(self) -> bool:
        """Whether queries can go over this connection."""
        if self.connection is not None and not self.errors_occurred and self._is_quiet():
            return True
        return bool(super().is_usable())

    def _is_quiet(self) -> bool:
        if self.connection.closed:
            return False
        line = select.poll()
        line.register(self.connection.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
        return not line.poll(0)
