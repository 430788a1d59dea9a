"""Channel accounts: where merchants are paid. Their secrets are never shown."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

from kernel import ids
from kernel.actors import Actor
from merchants.admin.trails import trail_of
from web.backoffice import Reading, by, deed, display, link, pill, table

from ..models import ChannelAccount
from ..services import accounts
from ..states import AccountStatus


@admin.register(ChannelAccount)
class ChannelAccountAdmin(Reading):
    """Channel accounts: paused and resumed here."""

    prefix = "cac"
    list_display = (
        *("key", "merchant", "channel", "label", "gateway", "rate_shown", "status_label", "book_label"),
    )
    list_select_related = ("merchant",)
    list_filter = (by("status", "channel_account", _("status")), "channel", by("book", "book", _("book")))
    search_help_text = _("cac_… or mer_…")
    actions_detail = ("pause", "resume")
    fields = readonly_fields = (
        *("key", "merchant_link", "channel", "label", "gateway", "rate_shown", "status_label", "book_label"),
        *("settings_shown", "version", "created_at", "trail"),
    )

    def find(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        return (
            queryset.filter(merchant=ids.decode("mer", term)) if term.startswith("mer_") else queryset.none()
        )

    @display(description=_("Merchant"))
    def merchant_link(self, account: ChannelAccount) -> SafeString | str:
        return link("merchants_merchant", account.merchant_id, account.merchant)

    @display(description=_("Rate"))
    def rate_shown(self, account: ChannelAccount) -> str:
        return f"{account.rate * 100:.3f} %"

    @display(description=_("Status"))
    def status_label(self, account: ChannelAccount) -> SafeString | str:
        return pill("channel_account", account.status)

    @display(description=_("Settings"))
    def settings_shown(self, account: ChannelAccount) -> SafeString:
        return table((_("Setting"), _("Value")), sorted(account.settings.items()))

    @display(description=_("Deeds"))
    def trail(self, account: ChannelAccount) -> SafeString:
        return trail_of(account.pk)

    @deed(
        _("Pause"),
        permission="payments.change_channelaccount",
        icon="pause_circle",
        variant=ActionVariant.DANGER,
        says=_("No new payment is opened here. Those that are open go on."),
        fits=lambda account: account.status == AccountStatus.ACTIVE,
    )
    def pause(self, actor: Actor, account: ChannelAccount, *, reason: str) -> str:
        accounts.pause(account, actor=actor, reason=reason)
        return gettext("The account was paused.")

    @deed(
        _("Resume"),
        permission="payments.change_channelaccount",
        icon="play_circle",
        variant=ActionVariant.SUCCESS,
        says=_("New payments are opened here again."),
        fits=lambda account: account.status == AccountStatus.PAUSED,
    )
    def resume(self, actor: Actor, account: ChannelAccount, *, reason: str) -> str:
        accounts.resume(account, actor=actor, reason=reason)
        return gettext("The account opens payments again.")
