"""allauth's forms in our words, without placeholders that repeat the labels."""

from typing import Any

from allauth.account.forms import LoginForm
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from django import forms
from django.utils.translation import gettext_lazy as _

_CODE = _("Code from the app")


class SignIn(LoginForm):  # type: ignore[misc]
    """E-mail and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _name(self, "login", _("E-mail"))
        _name(self, "password", _("Password"))


class ShowFactor(AuthenticateForm):  # type: ignore[misc]
    """The code, when signing in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _name(self, "code", _CODE)


class ShowFactorAgain(ReauthenticateForm):  # type: ignore[misc]
    """The code, to confirm that it is still the same person."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _name(self, "code", _CODE)


class SetUpFactor(ActivateTOTPForm):  # type: ignore[misc]
    """The code, to show that the app is set up."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _name(self, "code", _CODE)
        self.fields["code"].widget.attrs["inputmode"] = "numeric"


def _name(form: forms.Form, field: str, label: Any) -> None:
    form.fields[field].label = label
    form.fields[field].widget.attrs.pop("placeholder", None)
