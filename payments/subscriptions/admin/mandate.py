"""Mandates: buyers' permissions to be charged."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

import audit
from kernel import ids
from kernel.actors import Actor
from merchants.admin.trails import trail_of
from web.backoffice import Reading, by, deed, display, link, money, of, pill
from web.vocabulary import word

from .. import reasons
from ..models import Mandate
from ..services import mandates
from ..states import MandateState


@admin.register(Mandate)
class MandateAdmin(Reading):
    """Mandates, to be read. The channel's own name for one is not shown."""

    prefix = "mnd"
    list_display = (
        *("key", "subscription_link", "merchant", "account", "label", "state_label", "limit_shown"),
        *("expires_on", "agreed_at", "book_label"),
    )
    list_select_related = ("merchant", "account")
    list_filter = (by("state", "mandate", _("state")), by("book", "book", _("book")))
    search_help_text = _("mnd_…, sub_… or mer_…")
    actions_detail = ("ask_channel",)
    fields = readonly_fields = (
        *("key", "subscription_link", "merchant", "account", "method", "label", "state_label", "limit_shown"),
        *("expires_on", "consent_shown", "agreed_at", "ask_at", "created_at", "ended_at"),
        *("end_shown", "trail"),
    )

    def find(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        return of(queryset, term, sub="subscription", mer="merchant")

    @display(description=_("Subscription"))
    def subscription_link(self, mandate: Mandate) -> SafeString | str:
        key = mandate.subscription_id
        return link("subscriptions_subscription", key, ids.encode("sub", key))

    @display(description=_("State"))
    def state_label(self, mandate: Mandate) -> SafeString | str:
        return pill("mandate", mandate.state)

    @display(description=_("At most a charge"))
    def limit_shown(self, mandate: Mandate) -> str:
        return money(mandate.limit)

    @display(description=_("What the buyer agreed to"))
    def consent_shown(self, mandate: Mandate) -> str:
        return mandate.consent.text.text if mandate.consent else "–"

    @display(description=_("Why it ended"))
    def end_shown(self, mandate: Mandate) -> str:
        return reasons.shown(mandate.end_reason) or "–"

    @display(description=_("Deeds"))
    def trail(self, mandate: Mandate) -> SafeString:
        return trail_of(mandate.pk, mandate.subscription_id)

    @deed(
        _("Ask the channel"),
        permission="subscriptions.change_mandate",
        icon="sync",
        says=_("The channel is asked how this mandate stands, and its word is recorded. Nothing is charged."),
        fits=lambda mandate: mandate.state != MandateState.ENDED or mandate.ask_at is not None,
    )
    def ask_channel(self, actor: Actor, mandate: Mandate, *, reason: str) -> str:
        audit.record(
            actor,
            "mandate.asked",
            ("mandate", mandate.pk),
            merchant_id=mandate.merchant_id,
            reason=reason,
        )
        mandates.ask(mandate.pk)
        mandate.refresh_from_db()
        known = word("mandate", mandate.state)
        return gettext("The channel was asked: %(state)s.") % {"state": gettext(known.text)}
