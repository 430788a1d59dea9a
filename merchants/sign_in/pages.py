"""The few pages of signing in that differ from allauth's."""

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.totp.views import ActivateTOTPView
from django.http import HttpResponse
from django.urls import reverse

from .gate import SECOND_FACTOR


class Enrol(ActivateTOTPView):  # type: ignore[misc]
    """Setting up the authenticator app. Whoever just typed its code need not type one again."""

    def form_valid(self, form: Any) -> HttpResponse:
        """Enrol, and count it as shown in this session."""
        response: HttpResponse = super().form_valid(form)
        record_authentication(self.request, self.request.user, SECOND_FACTOR, type="totp")
        return response

    def get_success_url(self) -> str:
        """First of all the recovery codes are to be kept."""
        return reverse("mfa_view_recovery_codes")


enrol = Enrol.as_view()
