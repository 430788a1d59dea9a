"""What the vault refuses. No error here ever carries a plain value or a key."""

from django.core.exceptions import ImproperlyConfigured

from kernel.errors import Problem, said


class BadMasterKeys(ImproperlyConfigured):
    """`KEYWAY_MASTER_KEYS` is missing, malformed, too short, an example, or lacks a key that is in use."""


class Unreadable(Problem):
    """A sealed value was altered, or belongs to another owner, context or row, or its key is gone.

    The cases look alike on purpose. `context` holds the owner's id.
    """

    code, status, title = "vault.unreadable", 500, said("A sealed value cannot be opened.")
    advice = said("Nothing was changed. Please tell the operator of this platform.")
