"""Why an attempt failed or an endpoint is off, in words for a person."""

from django.utils.translation import gettext

from kernel.errors import said

from .states import OffReason

_ERRORS = {
    "web.timed_out": said("No whole answer within ten seconds"),
    "web.unreachable": said("No connection, or one that broke off"),
    "web.address_refused": said("The address leads into a private network"),
    "web.no_answer": said("No answer"),
    "endpoint_off": said("Given up when the endpoint was switched off"),
    "event_gone": said("The event was kept no longer"),
}
_OFF = {
    OffReason.MERCHANT: said("Switched off by your team."),
    OffReason.OPERATOR: said("Switched off by the platform."),
    OffReason.GONE: said("It answered 410: it wants nothing more."),
    OffReason.FAILING: said("It has accepted nothing for five days."),
}


def of_error(code: str) -> str:
    """What went wrong, in the language in force."""
    return gettext(_ERRORS[code]) if code in _ERRORS else code


def of_off(reason: str) -> str:
    """Why an endpoint is off, in the language in force."""
    return gettext(_OFF[OffReason(reason)]) if reason else ""
