"""A mail backend for places without a mail server: mails go into a table, and the sandbox shows them."""

from collections.abc import Sequence
from typing import Any

from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend

from kernel import clock

from .models import Mail

_KEPT = 500


class SandboxMailbox(BaseEmailBackend):
    """Keeps the latest mails and forgets the older ones."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Keep the mails. Returns how many."""
        kept = Mail.objects.bulk_create(_mail(message) for message in email_messages if message.recipients())
        oldest = Mail.objects.order_by("-id").values_list("id", flat=True)[_KEPT : _KEPT + 1].first()
        if oldest is not None:
            Mail.objects.filter(id__lte=oldest).delete()
        return len(kept)


def _mail(message: EmailMessage) -> Mail:
    parts: Sequence[Any] = message.alternatives if isinstance(message, EmailMultiAlternatives) else ()
    html = next((str(part[0]) for part in parts if part[1] == "text/html"), "")
    body, is_html = str(message.body), message.content_subtype == "html"
    return Mail(
        sender=message.from_email,
        recipients=message.recipients(),
        subject=" ".join(str(message.subject).split())[:998],
        text="" if is_html else body,
        html=body if is_html else html,
        sent_at=clock.now(),
    )
