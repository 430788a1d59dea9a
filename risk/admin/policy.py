"""Fall-back policies."""

from django import forms
from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from kernel.actors import Actor
from merchants.admin.fields import MerchantField, words
from merchants.admin.trails import trail_of
from web.backoffice import Deed, Reading, deed, display, pill

from ..models import Policy
from ..services import policies
from ..states import Outcome


class Fallback(Deed):
    """Whose fall-back, and what it is."""

    merchant_id = MerchantField(empty=_("Empty: all that have none of their own."))
    outcome = forms.TypedChoiceField(
        label=_("Orders that cannot be judged are"),
        choices=words("outcome"),
        coerce=Outcome,
        widget=UnfoldAdminSelectWidget(),
    )
    field_order = ("merchant_id", "outcome", "reason")


@admin.register(Policy)
class PolicyAdmin(Reading):
    """What happens where nobody can judge within 50 milliseconds."""

    prefix = "pol"
    list_display = ("merchant_shown", "fallback_label", "changed_at")
    list_select_related = ("merchant",)
    search_help_text = _("pol_…")
    actions_list = ("set_fallback",)
    fields = readonly_fields = ("merchant_shown", "fallback_label", "changed_at", "trail")

    @display(description=_("Merchant"))
    def merchant_shown(self, policy: Policy) -> str:
        return str(policy.merchant) if policy.merchant else gettext("All others")

    @display(description=_("Orders that cannot be judged are"))
    def fallback_label(self, policy: Policy) -> SafeString | str:
        return pill("outcome", policy.fallback)

    @display(description=_("Deeds"))
    def trail(self, policy: Policy) -> SafeString:
        return trail_of(policy.pk)

    @deed(
        _("Set a fall-back"),
        permission="risk.change_policy",
        icon="rule",
        form=Fallback,
        says=_("It decides where risk fails or takes longer than 50 milliseconds."),
    )
    def set_fallback(self, actor: Actor, *, merchant_id: object, outcome: Outcome, reason: str) -> str:
        policies.set_fallback(merchant_id, outcome, actor=actor, reason=reason)  # type: ignore[arg-type]
        return gettext("The fall-back was set.")
