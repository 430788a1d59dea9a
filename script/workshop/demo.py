"""The demo: sown once for each database; what its seed said is kept, and shown at every start.

Its accounts speak to the sandbox at one address: where that has changed, the seed goes over them again.
"""

import hashlib
import os
from collections.abc import Mapping

from workshop.console import step
from workshop.environment import is_set
from workshop.management import manage
from workshop.places import DATA

# Another start may listen elsewhere, and what is kept must not name old addresses.
FACES = ("KEYWAY_SANDBOX_URL", "KEYWAY_URL")
SANDBOX_AT = "The demo's accounts speak to "


def sign_ins(env: Mapping[str, str]) -> str:
    """What the demo's seed said: its sign-ins. It is sown once for each database, in development only."""
    if env["KEYWAY_ENV"] != "development":
        return ""
    place = (
        hashlib.sha256(os.environ["DATABASE_URL"].encode()).hexdigest()[:12]
        if is_set("DATABASE_URL")
        else "embedded"
    )
    note = DATA / f"demo-{place}.txt"
    heading = SANDBOX_AT + env["KEYWAY_SANDBOX_URL"]
    kept = note.read_text() if note.exists() else ""
    if kept.partition("\n")[0] != heading:
        with step(_task(is_new=not kept)):
            kept = f"{heading}\n{_with_places(manage(env, 'seed_demo'), env)}"
        handle = os.open(note, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(kept)
    return _with_addresses(kept.partition("\n")[2], env)


def _task(*, is_new: bool) -> str:
    if is_new:
        return "Sowing the demo: merchants, stores, products and 10,000 card keys"
    return "Leading the demo's accounts to where the sandbox listens now"


def _with_places(said: str, env: Mapping[str, str]) -> str:
    for face in FACES:
        said = said.replace(env[face], f"<{face}>")
    return said


def _with_addresses(kept: str, env: Mapping[str, str]) -> str:
    for face in FACES:
        kept = kept.replace(f"<{face}>", env[face])
    return kept
