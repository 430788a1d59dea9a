"""Runs one command: `python script/workshop COMMAND …`. The files in `script/` call this."""

import errno
import importlib
import signal
import sys
from pathlib import Path
from types import FrameType

# Run as a folder, Python would look for modules inside it, where `redis` or `keys` might hide others.
sys.path[0] = str(Path(__file__).resolve().parent.parent)

from workshop.console import paint  # noqa: E402
from workshop.trouble import Trouble  # noqa: E402


def main() -> int:
    """Run the command; end in one sentence where a person can mend what is wrong."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    name, words = sys.argv[1], sys.argv[2:]
    try:
        return int(importlib.import_module(f"workshop.commands.{name}").main(words))
    except Trouble as trouble:
        return _complain(str(trouble))
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return _complain("The disk is full.")
        if error.filename:
            return _complain(f"{error.filename} cannot be used: {error.strerror}.")
        raise


def _leave(number: int, _: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _complain(sentence: str) -> int:
    print(paint(sentence, "red"), file=sys.stderr, flush=True)
    return 1


if __name__ == "__main__":
    sys.exit(main())
