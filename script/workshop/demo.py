"""The demo: sown once for each database; what its seed said is kept, and shown at every start."""

import hashlib
import os
from collections.abc import Mapping

from workshop.console import step
from workshop.environment import is_set
from workshop.management import manage
from workshop.places import DATA

# Another start may listen elsewhere, and what is kept must not name old addresses.
FACES = ("KEYWAY_SANDBOX_URL", "KEYWAY_URL")


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
    if not note.exists():
        with step("Sowing the demo: merchants, stores, products and 10,000 card keys"):
            said = manage(env, "seed_demo")
        handle = os.open(note, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(_with_places(said, env))
    return _with_addresses(note.read_text(), env)


def _with_places(said: str, env: Mapping[str, str]) -> str:
    for face in FACES:
        said = said.replace(env[face], f"<{face}>")
    return said


def _with_addresses(kept: str, env: Mapping[str, str]) -> str:
    for face in FACES:
        kept = kept.replace(f"<{face}>", env[face])
    return kept
