"""Mails about signing in, handed to a worker.

A mail server takes its time, and sometimes fails. Were it called in the request, both would tell a stranger
which e-mail addresses have an account. The broker gets the mail sealed: its link sets a new password.
"""

from base64 import b64decode, b64encode

import orjson
import structlog
from celery import current_app
from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from kombu.exceptions import OperationalError

import vault

TASK, QUEUE = "merchants.send_letter", "outbox"
_CONTEXT = "merchants.letter"
_log = structlog.get_logger(__name__)


def hand_over(message: EmailMessage) -> None:
    """Have a worker send the mail; without a broker it is sent at once. Never raises for a mail server."""
    sealed = _sealed(message)
    if settings.CELERY_BROKER_URL:
        try:
            current_app.send_task(TASK, args=[sealed], queue=QUEUE, retry=False, ignore_result=True)
            return
        except OperationalError as error:
            _log.warning("merchants.letter_not_handed_over", error=type(error).__name__)
    try:
        send(sealed)
    except OSError as error:
        _log.warning("merchants.letter_not_sent", error=type(error).__name__)


def send(sealed: str) -> None:
    """Send what was handed over. Raises OSError where the mail server does not take it."""
    letter = orjson.loads(vault.open(vault.PLATFORM, b64decode(sealed), context=_CONTEXT))
    message = EmailMultiAlternatives(letter["subject"], letter["body"], letter["sender"], letter["to"])
    message.content_subtype = letter["kind"]
    for content, kind in letter["alternatives"]:
        message.attach_alternative(content, kind)
    message.send()


def _sealed(message: EmailMessage) -> str:
    others = message.alternatives if isinstance(message, EmailMultiAlternatives) else []
    letter = {
        "subject": str(message.subject),
        "body": str(message.body),
        "sender": message.from_email,
        "to": list(message.to),
        "kind": message.content_subtype,
        "alternatives": [[str(other[0]), str(other[1])] for other in others],
    }
    return b64encode(vault.seal(vault.PLATFORM, orjson.dumps(letter), context=_CONTEXT)).decode()
