"""What happened to a subscription, in words."""

from django.utils.translation import gettext

from kernel.errors import said
from payments.pages.deeds import deed_said as _other

_WORDS = {
    "subscription.created": said("Ordered"),
    "subscription.started": said("The first period was paid"),
    "subscription.trial_started": said("The trial began"),
    "subscription.renewal_upcoming": said("The buyer was told of the next charge"),
    "subscription.renewed": said("Another period was paid"),
    "subscription.past_due": said("A period was due and not paid"),
    "subscription.recovered": said("What was past due is paid"),
    "subscription.changed": said("Plan or quantity were changed"),
    "subscription.change_scheduled": said("A change with the next period was planned"),
    "subscription.change_undone": said("The planned change was taken back"),
    "subscription.pause_scheduled": said("A pause was planned"),
    "subscription.paused": said("It rests"),
    "subscription.resumed": said("It went on"),
    "subscription.cancel_scheduled": said("Cancelled; it ends with the period"),
    "subscription.cancel_undone": said("The cancellation was taken back"),
    "subscription.extended": said("Days were given for nothing"),
    "subscription.ended": said("It ended"),
    "subscription.tried": said("The charge was tried by hand"),
    "subscription.retry_asked": said("The platform had the charge tried"),
    "subscription.stopped": said("The platform ended it"),
    "subscription.price_change_offered": said("Another price was offered"),
    "subscription.price_declined": said("The buyer declined the other price"),
    "mandate.active": said("A payment method is kept"),
    "mandate.suspended": said("The bank refuses the kept method"),
    "mandate.ended": said("The kept method is not charged any more"),
    "mandate.asked": said("The channel was asked about the kept method"),
}


def deed_said(action: str) -> str:
    """The action in the reader's language."""
    return gettext(_WORDS[action]) if action in _WORDS else _other(action)
