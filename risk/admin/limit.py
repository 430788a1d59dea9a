"""Velocity limits: added, changed and switched here."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget

from kernel.actors import Actor
from kernel.books import Book
from merchants.admin.fields import BookField, MerchantField, words
from merchants.admin.trails import trail_of
from web.backoffice import Deed, Reading, by, deed, display, pill

from ..models import Limit
from ..services import limits
from ..states import Dimension, Outcome

DIMENSIONS = {
    Dimension.ADDRESS: _("Network address"),
    Dimension.EMAIL: _("E-mail"),
    Dimension.DEVICE: _("Device"),
    Dimension.PRODUCT: _("Product"),
    Dimension.STORE: _("Store"),
}


class Figures(Deed):
    """What a limit allows."""

    seconds = forms.IntegerField(label=_("In so many seconds"), widget=UnfoldAdminIntegerFieldWidget())
    most = forms.IntegerField(label=_("Orders at most"), widget=UnfoldAdminIntegerFieldWidget())
    outcome = forms.TypedChoiceField(
        label=_("The next one is"),
        choices=words("outcome", without="allow"),
        coerce=Outcome,
        widget=UnfoldAdminSelectWidget(),
    )
    field_order = ("dimension", "seconds", "most", "outcome", "book", "merchant_id", "reason")

    def __init__(self, request: HttpRequest, object_id: Any = None, **options: Any) -> None:
        if object_id and not options.get("data"):
            limit = Limit.objects.get(pk=object_id)
            options["initial"] = {"seconds": limit.seconds, "most": limit.most, "outcome": limit.outcome}
        super().__init__(request, object_id, **options)


class NewLimit(Figures):
    """A limit whole."""

    dimension = forms.TypedChoiceField(
        label=_("Counted by"), choices=DIMENSIONS.items(), coerce=Dimension, widget=UnfoldAdminSelectWidget()
    )
    book = BookField()
    merchant_id = MerchantField(empty=_("Empty: all merchants of the book."))


@admin.register(Limit)
class LimitAdmin(Reading):
    """Limits. A changed one is in force everywhere within two seconds."""

    prefix = "lim"
    list_display = (
        "what",
        "most",
        "outcome_label",
        "merchant_shown",
        "book_label",
        "is_active",
        "changed_at",
    )
    list_select_related = ("merchant",)
    list_filter = (by("book", "book", _("book")), by("outcome", "outcome", _("outcome")), "is_active")
    ordering = ("book", "dimension", "seconds")
    search_help_text = _("lim_…")
    actions_list = ("add_limit",)
    actions_detail = ("change_figures", "switch_off", "switch_on")
    fields = readonly_fields = (
        *("key", "what", "most", "outcome_label", "merchant_shown", "book_label", "is_active", "changed_at"),
        "trail",
    )
    unit: ClassVar[tuple[tuple[int, Any], ...]] = (
        (86_400, _("{n} d")),
        (3_600, _("{n} h")),
        (60, _("{n} min")),
        (1, _("{n} s")),
    )

    @display(description=_("Counts"))
    def what(self, limit: Limit) -> str:
        size, unit = next(each for each in self.unit if limit.seconds % each[0] == 0)
        return f"{DIMENSIONS[Dimension(limit.dimension)]} · {str(unit).format(n=limit.seconds // size)}"

    @display(description=_("The next one is"))
    def outcome_label(self, limit: Limit) -> SafeString | str:
        return pill("outcome", limit.outcome)

    @display(description=_("Merchant"))
    def merchant_shown(self, limit: Limit) -> str:
        return str(limit.merchant) if limit.merchant else gettext("All")

    @display(description=_("Deeds"))
    def trail(self, limit: Limit) -> SafeString:
        return trail_of(limit.pk)

    @deed(
        _("Add a limit"),
        permission="risk.add_limit",
        icon="add",
        form=NewLimit,
        says=_("It counts from now on; earlier orders are counted only where another limit watched them."),
    )
    def add_limit(
        self, actor: Actor, *, dimension: Dimension, book: Book, reason: str, **figures: Any
    ) -> str:
        limits.add(dimension, book=book, actor=actor, reason=reason, **figures)
        return gettext("The limit counts from now on.")

    @deed(
        _("Change"),
        permission="risk.change_limit",
        icon="edit",
        form=Figures,
        says=_("The new figures are in force within two seconds."),
    )
    def change_figures(self, actor: Actor, limit: Limit, *, reason: str, **figures: Any) -> str:
        limits.change(limit, actor=actor, reason=reason, **figures)
        return gettext("The limit was changed.")

    @deed(
        _("Switch off"),
        permission="risk.change_limit",
        icon="toggle_off",
        variant=ActionVariant.DANGER,
        says=_("Orders are not held to it any more."),
        fits=lambda limit: limit.is_active,
    )
    def switch_off(self, actor: Actor, limit: Limit, *, reason: str) -> str:
        limits.switch(limit, is_active=False, actor=actor, reason=reason)
        return gettext("The limit was switched off.")

    @deed(
        _("Switch on"),
        permission="risk.change_limit",
        icon="toggle_on",
        variant=ActionVariant.SUCCESS,
        says=_("Orders are held to it again."),
        fits=lambda limit: not limit.is_active,
    )
    def switch_on(self, actor: Actor, limit: Limit, *, reason: str) -> str:
        limits.switch(limit, is_active=True, actor=actor, reason=reason)
        return gettext("The limit counts again.")
