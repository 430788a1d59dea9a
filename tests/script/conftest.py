"""The workshop under test keeps its data in a folder of the run, never in that of the person who runs it."""

import atexit
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

# The workshop reads the name once, when it is imported; the processes of other tests must not inherit it.
FOLDER = Path(tempfile.mkdtemp(prefix="keyway-workshop-"))
os.environ["KEYWAY_DATA"] = str(FOLDER)
from workshop.places import DATA, ROOT  # noqa: E402

del os.environ["KEYWAY_DATA"]
assert DATA == FOLDER
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)


@pytest.fixture
def outside(tmp_path: Path) -> dict[str, str]:
    """The environment for a command run from the outside, with data of its own."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {"KEYWAY_DATA": str(tmp_path / "data")}


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port on which somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def script() -> Path:
    """The folder of the commands."""
    return ROOT / "script"
