"""script/setup [--dev]: prepares this folder; `--dev` brings what tests and checks need besides."""

from collections.abc import Sequence

from workshop.arguments import flags
from workshop.browser_libraries import ensure_browser_libraries
from workshop.catalogues import ensure_catalogues
from workshop.console import say
from workshop.keys import installation_keys
from workshop.lease import locked
from workshop.packages import ensure_packages
from workshop.places import DATA, LOCKS, private_folder


def main(words: Sequence[str]) -> int:
    """Prepare, and say so."""
    chosen = flags(__doc__, words, "--dev")
    prepare("dev" if "--dev" in chosen else "local")
    say("Ready. script/server starts Keyway, script/test checks it.")
    return 0


def prepare(group: str) -> None:
    """Everything that a command needs in this folder; a moment if nothing changed. One at a time."""
    with locked(LOCKS / "setup.door"):
        ensure_packages(group)
        ensure_browser_libraries()
        ensure_catalogues()
    installation_keys()
    private_folder(DATA / "static")  # where production collects its files; whitenoise asks for it everywhere
