"""What a person sees: steps with their time, and progress where the output is a terminal."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

COLOURS = {
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "magenta": "35",
    "cyan": "36",
    "bold": "1",
}


def paint(text: str, colour: str) -> str:
    """The text in a colour, or as it is where nobody can see colours."""
    return f"\033[{COLOURS[colour]}m{text}\033[0m" if sys.stdout.isatty() else text


def say(text: str = "") -> None:
    """One line, at once."""
    print(text, flush=True)


def progress(text: str) -> None:
    """A line that the next one replaces; silent where the output is a file."""
    if sys.stdout.isatty():
        print(f"\r\033[K  {text}", end="", flush=True)


@contextmanager
def step(title: str) -> Iterator[None]:
    """Announces a step and says how long it took."""
    say(paint("›", "blue") + f" {title} …")
    began = time.monotonic()
    yield
    progress("")
    if sys.stdout.isatty():
        print("\r\033[K", end="")
    say(f"  done in {time.monotonic() - began:.1f} s")
