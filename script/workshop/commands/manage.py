"""script/manage COMMAND …: Django's command line, with the embedded servers up while it runs."""

from collections.abc import Sequence

from workshop.commands.setup import prepare
from workshop.environment import environment
from workshop.places import PYTHON, ROOT
from workshop.processes import run
from workshop.services import DEVELOPMENT, running


def main(words: Sequence[str]) -> int:
    """Run one command of manage.py."""
    prepare("local")
    with running(DEVELOPMENT) as servers:
        return run([PYTHON, ROOT / "manage.py", *words], environment(servers.addresses))
