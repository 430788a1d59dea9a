"""What the API refuses, in Stripe's shape: `{"error": {"type": …, "code": …, "message": …, "param": …}}`."""

from typing import Any


class Refusal(Exception):
    """`kept`: the work had begun, so that a repeat under the same idempotency key gets the same refusal."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        code: str = "",
        param: str = "",
        kept: bool = False,
        **more: Any,
    ) -> None:
        self.status, self.kept = status, kept
        facts = {"code": code, "message": message, "param": param, "type": kind, **more}
        self.error: dict[str, Any] = {name: value for name, value in facts.items() if value}
        super().__init__(message)


def missing(name: str) -> Refusal:
    """A parameter is not there."""
    return Refusal(400, f"Missing required param: {name}.", code="parameter_missing", param=name)


def invalid(name: str, message: str) -> Refusal:
    """A parameter is there and wrong."""
    return Refusal(400, message, param=name)


def no_such(noun: str, name: str, param: str = "id") -> Refusal:
    """There is no such object in this account."""
    return Refusal(404, f"No such {noun}: '{name[:80]}'", code="resource_missing", param=param)
