"""Where everything lies. All that Keyway writes goes into `DATA`, one folder that git ignores.

KEYWAY_DATA names another folder for it.
"""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLATFORM = ROOT / "platform"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
NODE_MODULES = ROOT / "node_modules"
DATA = Path(os.environ.get("KEYWAY_DATA") or ROOT / ".keyway").absolute()
LOGS = DATA / "logs"
LOCKS = DATA / "locks"


def private_folder(folder: Path) -> Path:
    """The folder, made for its owner alone if it was not there."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
