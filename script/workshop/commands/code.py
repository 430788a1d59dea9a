"""script/code USER: the second factor of a demo user, as their phone would show it now."""

from collections.abc import Sequence

from workshop.commands import manage
from workshop.trouble import Trouble


def main(words: Sequence[str]) -> int:
    """Print the code."""
    if len(words) != 1:
        raise Trouble("Whose code? Usage: script/code USER; script/server prints the users.")
    return manage.main(["totp_code", *words])
