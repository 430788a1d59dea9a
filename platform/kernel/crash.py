"""Named points at which a fault test kills the process, as `kill -9` would.

`CRASH_AT=name` in the environment arms one point. Production refuses to start with it set.
"""

import os
import signal

_ARMED = os.environ.get("CRASH_AT", "")


def crash_point(name: str) -> None:
    """Die here, without any clean-up, when `CRASH_AT` names this point; else do nothing."""
    if _ARMED and name == _ARMED:
        os.kill(os.getpid(), signal.SIGKILL)
