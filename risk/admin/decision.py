"""Decisions, with the reasons for them."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

from kernel.actors import Actor
from merchants.admin.trails import trail_of
from merchants.models import Merchant
from web.backoffice import Reading, by, deed, display, link, money, of, pill, table

from ..models import Decision
from ..reasons import REASONS
from ..services import reviews
from ..states import Review

_RULES = {"limit": "risk_limit", "entry": "risk_listentry"}


def _waits(decision: Decision) -> bool:
    return decision.review == Review.PENDING


@admin.register(Decision)
class DecisionAdmin(Reading):
    """Decisions, to be read; reviews are ended here or at their order."""

    prefix = "dec"
    list_display = (
        *("at", "merchant_shown", "price", "method", "outcome_label", "why", "review_label", "book_label"),
    )
    list_display_links = ("at",)
    list_filter = (
        by("outcome", "outcome", _("outcome")),
        by("review", "review", _("review")),
        by("book", "book", _("book")),
    )
    search_help_text = _("dec_… or mer_…")
    actions_detail = ("release", "reject")
    fields = readonly_fields = (
        *("key", "at", "merchant_shown", "price", "quantity", "method", "book_label", "outcome_label"),
        *("review_label", "reviewed_at", "reasons_shown", "fingerprints", "trail"),
    )

    def find(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        return of(queryset, term, mer="merchant_id")

    @display(description=_("Merchant"))
    def merchant_shown(self, decision: Decision) -> SafeString | str:
        name = Merchant.objects.filter(pk=decision.merchant_id).values_list("name", flat=True).first()
        return link("merchants_merchant", decision.merchant_id, name) if name else "—"

    @display(description=_("Total"))
    def price(self, decision: Decision) -> str:
        return money(decision.amount, decision.currency)

    @display(description=_("Outcome"))
    def outcome_label(self, decision: Decision) -> SafeString | str:
        return pill("outcome", decision.outcome)

    @display(description=_("Review"))
    def review_label(self, decision: Decision) -> SafeString | str:
        return pill("review", decision.review) if decision.review != Review.NONE else ""

    @display(description=_("Why"))
    def why(self, decision: Decision) -> str:
        return "; ".join(_sentence(reason["code"]) for reason in decision.reasons) or "—"

    @display(description=_("Reasons"))
    def reasons_shown(self, decision: Decision) -> SafeString:
        rows = [(_sentence(reason["code"]), _figures(reason), _rule(reason)) for reason in decision.reasons]
        return table((_("Reason"), _("Figures"), _("Rule")), rows)

    @display(description=_("Fingerprints"))
    def fingerprints(self, decision: Decision) -> SafeString:
        """What may be compared with other decisions; nobody can read a person out of it."""
        known = (
            (_("Network address"), decision.address_key),
            (_("E-mail"), decision.email_key),
            (_("E-mail domain"), decision.email_domain_key),
            (_("Device"), decision.device_key),
        )
        return table((_("Of"), _("Fingerprint")), [(of, key) for of, key in known if key])

    @display(description=_("Deeds"))
    def trail(self, decision: Decision) -> SafeString:
        return trail_of(decision.pk)

    @deed(
        _("Release"),
        permission="risk.change_decision",
        icon="check_circle",
        variant=ActionVariant.SUCCESS,
        says=_("If the order is paid, its keys go to the buyer. This cannot be taken back."),
        fits=_waits,
    )
    def release(self, actor: Actor, decision: Decision, *, reason: str) -> str:
        reviews.release(decision.pk, actor=actor, reason=reason)
        return gettext("The review ended: released.")

    @deed(
        _("Reject"),
        permission="risk.change_decision",
        icon="block",
        variant=ActionVariant.DANGER,
        says=_("If the order is paid, the money goes back to the buyer and the keys to the shelf."),
        fits=_waits,
    )
    def reject(self, actor: Actor, decision: Decision, *, reason: str) -> str:
        reviews.reject(decision.pk, actor=actor, reason=reason)
        return gettext("The review ended: rejected.")


def _sentence(code: str) -> str:
    return gettext(REASONS[code]) if code in REASONS else code


def _figures(reason: dict[str, Any]) -> str:
    if "count" in reason:
        return gettext("{count} in {seconds} s, at most {most}").format(**reason)
    if "milliseconds" in reason:
        return gettext("{milliseconds} ms").format(**reason)
    return ""


def _rule(reason: dict[str, Any]) -> SafeString | str:
    for name, page in _RULES.items():
        if name in reason:
            return link(page, reason[name], reason[name])
    return ""
