"""The one exception that commands end with."""


class Trouble(Exception):
    """What went wrong and what to do about it, as one sentence for a person."""
