"""script/bench NAME [--quick]: runs benchmarks/NAME.py on servers of its own, with data on disk."""

from collections.abc import Sequence

from workshop.commands.setup import prepare
from workshop.console import say
from workshop.environment import environment
from workshop.places import PYTHON, ROOT
from workshop.processes import run
from workshop.services import BENCHMARKS, running
from workshop.trouble import Trouble

FOLDER = ROOT / "benchmarks"


def main(words: Sequence[str]) -> int:
    """Run one benchmark; its own status is ours."""
    known = sorted(file.stem for file in FOLDER.glob("*.py") if not file.stem.startswith("_"))
    if not words or words[0] in ("-h", "--help"):
        say((__doc__ or "") + f"\nThere are: {', '.join(known) or 'none yet'}.")
        return 0 if words else 1
    name, *options = words
    if name not in known:
        raise Trouble(f"There is no benchmark {name!r}; there are: {', '.join(known) or 'none yet'}.")
    prepare("local")
    with running(BENCHMARKS) as servers:
        env = environment({**servers.addresses, "KEYWAY_ENV": "production"})
        return run([PYTHON, FOLDER / f"{name}.py", *options], env)
