"""The mailbox: mails that Keyway would have sent."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from ..models import Mail
from .policy import page

_SHOWN = 50
# A mail is foreign text: it runs nothing, loads nothing, and is shown in a frame without an origin.
_MAIL_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"


@page
@require_safe
def mailbox(request: HttpRequest) -> HttpResponseBase:
    """The latest mails, whole."""
    return render(request, "sandbox/mailbox.html", {"mails": Mail.objects.all()[:_SHOWN]})


@page
@xframe_options_sameorigin
@require_safe
def html(_: HttpRequest, mail: UUID) -> HttpResponseBase:
    """The HTML part of a mail, as its author wrote it."""
    found = get_object_or_404(Mail, pk=mail)
    return HttpResponse(found.html, headers={"Content-Security-Policy": _MAIL_POLICY})
