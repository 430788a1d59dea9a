"""Mails: a template for the subject, one for plain text, one for HTML, in the reader's language."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation

from . import preferences


def send(name: str, *, to: str, language: str, facts: Mapping[str, Any]) -> None:
    """Send `templates/email/<name>.{subject.txt,txt,html}` to one address.

    Raises what the mail server makes Django raise; whoever calls this may call it again.
    """
    with translation.override(language):
        context = {**facts, "lang_tag": preferences.tag(), "public_url": settings.KEYWAY_URL}
        subject = " ".join(render_to_string(f"email/{name}.subject.txt", context).split())
        text = render_to_string(f"email/{name}.txt", context)
        html = render_to_string(f"email/{name}.html", context)
    letter = EmailMultiAlternatives(subject, text.strip() + "\n", to=[to])
    letter.attach_alternative(html, "text/html")
    letter.send()
