"""Ports of the embedded servers: below 32768, the next free one if the usual one is taken, and remembered.

Above 32768 lies the range from which the kernel takes the near end of outgoing connections: after a load test
a server there fails with "Address already in use".
"""

import json
import socket

from workshop.lease import locked
from workshop.places import DATA, LOCKS, private_folder
from workshop.trouble import Trouble

FILE = DATA / "ports.json"
HIGHEST = 32767
TRIES = 200


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def remembered(name: str, usual: int) -> int:
    """The port that this server had last, or its usual one."""
    return _read().get(name, usual)


def next_free(name: str, port: int) -> int:
    """The given port or the next free one above it, remembered under the server's name."""
    with locked(LOCKS / "ports.door"):
        known = _read()
        others = {number for owner, number in known.items() if owner != name}
        for candidate in range(port, min(port + TRIES, HIGHEST)):
            if candidate not in others and is_free(candidate):
                _write(known | {name: candidate})
                return candidate
    raise Trouble(f"No port between {port} and {min(port + TRIES, HIGHEST)} is free for {name}.")


def _read() -> dict[str, int]:
    try:
        return {name: int(port) for name, port in json.loads(FILE.read_text()).items()}
    except (FileNotFoundError, ValueError):
        return {}


def _write(ports: dict[str, int]) -> None:
    private_folder(DATA)
    fresh = FILE.with_suffix(".new")
    fresh.write_text(json.dumps(ports, indent=1, sort_keys=True) + "\n")
    fresh.replace(FILE)
