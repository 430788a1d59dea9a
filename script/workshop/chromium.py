"""The Chromium for browser journeys: the system's own; installed with apt where there is none and we may."""

import os
import shutil
import subprocess

from workshop.console import step
from workshop.download import reason
from workshop.places import LOGS, private_folder
from workshop.trouble import Trouble

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
PACKAGES = ("chromium", "fonts-noto-cjk")


def chromium() -> str | None:
    """The path of a Chromium, if there is one. KEYWAY_CHROMIUM names another."""
    named = os.environ.get("KEYWAY_CHROMIUM")
    return named or next((path for name in NAMES if (path := shutil.which(name))), None)


def ensure_chromium() -> str:
    """The path of a Chromium, installed first if need be. Without one the checks fail: nothing is skipped."""
    found = chromium()
    if found:
        return found
    if shutil.which("apt-get") and os.geteuid() == 0:
        _install()
    found = chromium()
    if not found:
        raise Trouble(
            "The browser journeys need Chromium, and there is none: install it "
            f"(Debian and Ubuntu, as root: apt install {' '.join(PACKAGES)}), or name one in KEYWAY_CHROMIUM."
        )
    return found


def _install() -> None:
    log = private_folder(LOGS) / "apt.log"
    with step(f"Installing {' and '.join(PACKAGES)}"), log.open("w") as file:
        for words in (["update"], ["install", "-y", "--no-install-recommends", *PACKAGES]):
            env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
            done = subprocess.run(["apt-get", *words], stdout=file, stderr=file, env=env)
            if done.returncode != 0:
                raise Trouble(f"Chromium could not be installed: {reason(log.read_text(errors='replace'))}.")
