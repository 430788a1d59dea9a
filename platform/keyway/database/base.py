"""The database backend. Django looks for this module by its name."""

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """As Django's, but that a kept connection is checked at the start of a request without a round trip.

    A server that stops, restarts or ends the session closes its end: the line has something to read while
    nothing was asked. Then, and after any error, the server itself is asked, as Django does. Asking it each
    time costs a sale about 4 % of its time.
    """

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
