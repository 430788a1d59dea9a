"""Refusals. Every error that a person or a program may meet is a subclass of Problem."""

from typing import Any, ClassVar


def said(text: str) -> str:
    """Mark a text for the translation catalogues; whoever shows it translates it."""
    return text


class Problem(Exception):
    """A refusal that is named, coded and carries facts.

    `title` is an English sentence with `{named}` places that `context` fills; faces translate it first.
    `advice` says whether money is safe and what to do. `context` holds ids and numbers, never a secret.
    """

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    title: ClassVar[str] = said("Something went wrong on our side.")
    advice: ClassVar[str] = said("Nothing was changed. Please try again.")

    def __init__(self, **context: Any) -> None:
        self.context = context
        super().__init__(self.code)

    def __str__(self) -> str:
        return f"{self.code}: {self.title.format_map(_Lenient(self.context))}"


class _Lenient(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


class NotFound(Problem):
    """What was asked for is not there, or not for this caller; the two look alike on purpose."""

    code, status, title = "not_found", 404, said("There is nothing here.")
    advice = said("Check the address, or look the order up by its number.")


class Invalid(Problem):
    """The input is wrong. `context["errors"]` maps a field to a list of sentences."""

    code, status, title = "invalid", 400, said("Some fields need another look.")
    advice = said("Nothing was changed. Correct the marked fields and send them again.")


class Forbidden(Problem):
    """The caller is known and may not do this."""

    code, status, title = "forbidden", 403, said("You are not allowed to do this.")
    advice = said("Ask an owner of the account for the permission.")
