"""The schedules of merchants: when what is due is tried again, announced and given up."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from web.backoffice import Reading, display

from ..forms import MAY_END
from ..models import Policy


@admin.register(Policy)
class PolicyAdmin(Reading):
    """What merchants changed of the default schedule; merchants change theirs by themselves."""

    prefix = "mer"
    nothing = _("Every merchant follows the default: tried on days 0, 2, 5 and 9, then ended.")
    list_display = ("merchant", "days", "grace_days", "notice_days", "may_pause", "may_change", "may_end")
    list_select_related = ("merchant",)
    search_help_text = _("mer_…")
    fields = readonly_fields = list_display

    @display(description=_("Days on which it is tried"))
    def days(self, policy: Policy) -> str:
        return str(policy)

    @display(description=_("Buyers may end at once"))
    def may_end(self, policy: Policy) -> str:
        return str(dict(MAY_END)[policy.cancel_now])
