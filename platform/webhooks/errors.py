"""Refusals of webhooks."""

from kernel.errors import Problem, said


class TooManyEndpoints(Problem):
    """A merchant has as many as allowed."""

    code, status, title = "webhooks.too_many", 409, said("There are {most} endpoints already.")
    advice = said("Remove one that is not needed, or let one endpoint take several kinds of events.")


class NotEnabled(Problem):
    """A disabled endpoint is sent nothing."""

    code, status, title = "webhooks.not_enabled", 409, said("This endpoint is switched off.")
    advice = said("Switch it on first; then send again.")


class OwnAddress(Problem):
    """Keyway is no receiver of its own events."""

    code, status, title = "webhooks.own_address", 400, said("This is an address of Keyway itself.")
    advice = said("Give the address of your own server.")


class TooMuchAtOnce(Problem):
    """A replay or resend of more events than one request may ask for."""

    code, status, title = "webhooks.too_much", 409, said("More than {most} events lie in this range.")
    advice = said("Nothing was sent. Choose a shorter range.")


class EventGone(Problem):
    """The event is older than events are kept."""

    code, status, title = "webhooks.event_gone", 409, said("This event is too old to be sent again.")
    advice = said("Ask the API for the object itself.")
