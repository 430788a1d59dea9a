"""Channel accounts: where merchants are paid. Their secrets are never shown."""

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

from kernel import ids
from kernel.actors import Actor
from kernel.errors import NotFound
from merchants.admin.trails import trail_of
from merchants.models import Merchant
from web.backoffice import Reading, by, deed, display, link, named, pill, table

from ..channels.registry import channel
from ..models import ChannelAccount
from ..services import accounts, trials
from ..services.addresses import account_notify_url
from ..states import AccountStatus
from . import credentials

_ADDED = _("It is checked before it is kept. Secrets are written here and never shown again.")
_CHANGED = _("What is left empty stays as it is. A secret is written here and never shown.")


def _renew(actor: Actor, account: ChannelAccount, reason: str, typed: Mapping[str, str]) -> str:
    able = channel(account.channel).capabilities
    accounts.renew(
        account,
        settings={field.name: typed[field.name] for field in able.settings},
        secrets={field.name: typed[field.name] for field in able.secrets},
        actor=actor,
        reason=reason,
    )
    return gettext("The settings were changed.")


def _register(actor: Actor, code: str, reason: str, typed: Mapping[str, Any]) -> str:
    able = channel(code).capabilities
    key = named("mer", typed["merchant"])
    merchant = Merchant.objects.filter(pk=key).first() if key else None
    if merchant is None:
        raise NotFound(merchant=typed["merchant"][:40])
    accounts.register(
        merchant,
        code,
        label=typed["label"],
        gateway=typed["gateway"],
        rate=typed["rate"] / 100,
        settings={field.name: typed[field.name].strip() for field in able.settings},
        secrets={field.name: typed[field.name].strip() for field in able.secrets},
        actor=actor,
        reason=reason,
    )
    return gettext("The account was added; it takes payments from now on.")


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
    actions_list = ("register_alipay", "register_stripe")
    actions_detail = ("try_out", "renew_alipay", "renew_stripe", "pause", "resume")
    fields = readonly_fields = (
        *("key", "merchant_link", "channel", "label", "gateway", "rate_shown", "status_label", "book_label"),
        *("settings_shown", "address_shown", "version", "created_at", "trail"),
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

    @display(description=_("Where it sends its events"))
    def address_shown(self, account: ChannelAccount) -> str:
        told_here = channel(account.channel).capabilities.by_account
        return account_notify_url(account.token) if told_here else gettext("an address for each payment")

    @display(description=_("Deeds"))
    def trail(self, account: ChannelAccount) -> SafeString:
        return trail_of(account.pk)

    @deed(
        _("Add an Alipay account"),
        permission="payments.change_channelaccount",
        icon="add",
        says=_ADDED,
        form=credentials.registration_of("alipay"),
    )
    def register_alipay(self, actor: Actor, *, reason: str, **typed: Any) -> str:
        return _register(actor, "alipay", reason, typed)

    @deed(
        _("Add a Stripe account"),
        permission="payments.change_channelaccount",
        icon="add",
        says=_ADDED,
        form=credentials.registration_of("stripe"),
    )
    def register_stripe(self, actor: Actor, *, reason: str, **typed: Any) -> str:
        return _register(actor, "stripe", reason, typed)

    @deed(
        _("Test call"),
        permission="payments.change_channelaccount",
        icon="network_check",
        says=_("The channel is asked about a payment that cannot exist. Nothing is made or changed there."),
    )
    def try_out(self, actor: Actor, account: ChannelAccount, *, reason: str) -> str:
        tried = trials.ask(account, actor=actor, reason=reason)
        facts = {"ms": tried.milliseconds, "code": tried.code or "—"}
        if tried.is_well:
            return gettext("The channel answered as it should, in %(ms)s ms (%(code)s).") % facts
        return gettext("The channel did not answer as it should, after %(ms)s ms (%(code)s).") % facts

    @deed(
        _("Change its settings"),
        permission="payments.change_channelaccount",
        icon="key",
        says=_CHANGED,
        form=credentials.form_of("alipay"),
        fits=lambda account: account.channel == "alipay",
    )
    def renew_alipay(self, actor: Actor, account: ChannelAccount, *, reason: str, **typed: str) -> str:
        return _renew(actor, account, reason, typed)

    @deed(
        _("Change its settings"),
        permission="payments.change_channelaccount",
        icon="key",
        says=_CHANGED,
        form=credentials.form_of("stripe"),
        fits=lambda account: account.channel == "stripe",
    )
    def renew_stripe(self, actor: Actor, account: ChannelAccount, *, reason: str, **typed: str) -> str:
        return _renew(actor, account, reason, typed)

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
