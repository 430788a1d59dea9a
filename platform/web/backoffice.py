"""What every page of the back office is built of: lists that are only read, and deeds that need a reason.

Nobody edits a row here. A change is a deed: a dialog with its fields and a reason, one call of a service, and
the service's own audit row. What the service refuses stands in the dialog, with what was typed.
"""
# ruff: noqa: ARG002 - Django calls these methods by the names of their arguments

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.admin import SimpleListFilter
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm
from unfold.paginator import InfinitePaginator
from unfold.widgets import UnfoldAdminTextareaWidget

from kernel import ids
from kernel.actors import Actor, ActorKind
from kernel.errors import NotFound, Problem
from kernel.money import Money

from . import problems
from .templatetags import ui
from .vocabulary import WORDS, word

__all__ = [
    *(
        "Deed",
        "Inline",
        "Reading",
        "SimpleListFilter",
        "actor_of",
        "badge",
        "badges",
        "by",
        "deed",
        "display",
        "link",
    ),
    *("money", "named", "of", "pill", "table", "yes"),
]


_CHOICES = frozenset({"lang", "theme"})


class Deed(BaseDialogForm):  # type: ignore[misc]
    """The fields of a deed; every one of them asks why."""

    reason = forms.CharField(
        label=_("Reason"),
        min_length=3,
        max_length=500,
        widget=UnfoldAdminTextareaWidget({"rows": 2}),
        help_text=_("It is kept in the audit trail."),
    )

    @property
    def facts(self) -> dict[str, Any]:
        """What was typed, by name, as the deed takes it."""
        return {name: value for name, value in self.cleaned_data.items() if not name.startswith("_")}


def deed(
    label: Any,
    *,
    permission: str,
    icon: str,
    says: Any,
    form: type[Deed] = Deed,
    variant: ActionVariant = ActionVariant.DEFAULT,
    fits: Callable[[Any], bool] | None = None,
) -> Callable[[Callable[..., str]], Any]:
    """Make a method `(self, actor, thing, **typed) -> sentence` a button with a dialog.

    `thing` is missing where the deed belongs to the list. `fits` says for which things the button is shown;
    the service decides again.
    """
    dialog = {"title": label, "description": says, "form_class": form, "form_submit_text": label}

    def decorate(do: Callable[..., str]) -> Any:
        @wraps(do)
        def run(
            self: "Reading", request: HttpRequest, typed: Deed, object_id: str | None = None
        ) -> HttpResponse:
            things = [self.thing(request, object_id)] if object_id else []
            try:
                done = do(self, actor_of(request), *things, **typed.facts)
            except Problem as problem:
                typed.add_error("reason", f"{problems.title(problem)} {problems.advice(problem)}")
                return render(
                    request,
                    "unfold/helpers/dialog.html",
                    {"dialog": dialog, "form": typed, "form_submit_text": label},
                )
            messages.success(request, done)
            return HttpResponse(headers={"HX-Redirect": self.address_after(request, object_id)})

        run.fits, run.permission = fits, permission  # type: ignore[attr-defined]
        shown = action(description=label, icon=icon, variant=variant, dialog=dialog)(run)

        # Not Unfold's own `permissions`: its system check reads them from a database that may not be there.
        @wraps(shown)
        def guarded(self: "Reading", request: HttpRequest, **where: Any) -> HttpResponse:
            if not request.user.has_perm(permission):
                raise PermissionDenied
            answer: HttpResponse = shown(self, request, **where)
            return answer

        return guarded

    return decorate


class Reading(ModelAdmin):  # type: ignore[misc]
    """A list and a page of rows that nobody edits. `prefix` is the TypeID prefix of its rows."""

    prefix: ClassVar[str] = ""
    actions = None
    ordering = ("-pk",)
    list_per_page = 50
    show_full_result_count = False
    paginator = InfinitePaginator
    compressed_fields = True
    list_filter_submit = False
    search_fields = ("pk",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list. A link that chooses a language is no filter: it is remembered and taken out."""
        if _CHOICES & request.GET.keys():
            kept = request.GET.copy()
            for name in _CHOICES:
                kept.pop(name, None)
            return HttpResponseRedirect(f"{request.path}?{kept.urlencode()}")
        answer: HttpResponse = super().changelist_view(request, extra_context)
        return answer

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Only what an index answers: a name such as `ord_…`, or what `find` knows."""
        term = search_term.strip()
        if not term:
            return queryset, False
        key = named(self.prefix, term)
        try:
            return (queryset.filter(pk=key) if key else self.find(queryset, term)), False
        except NotFound:  # it looked like a name of something else, and is none
            return queryset.none(), False

    def find(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        """The rows that a search term names; none, unless a subclass knows better."""
        return queryset.none()

    def get_actions_list(self, request: HttpRequest) -> list[Any]:
        """The buttons above the list that this operator may press."""
        return [each for each in super().get_actions_list(request) if _may(request, each.method)]

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """The buttons of a row that this operator may press and that make sense for it."""
        offered = [
            each for each in super().get_actions_detail(request, object_id) if _may(request, each.method)
        ]
        thing = self.thing(request, object_id) if offered else None
        return [each for each in offered if _fits(each.method, thing)]

    def thing(self, request: HttpRequest, object_id: Any) -> Any:
        """The row of an address. Raises Http404."""
        found = self.get_object(request, unquote(str(object_id)))
        if found is None:
            raise Http404
        return found

    def address_after(self, request: HttpRequest, object_id: str | None) -> str:
        """Where a deed leads: to the row if it is still there, else to the list."""
        here = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        if object_id and self.get_object(request, unquote(str(object_id))) is not None:
            return reverse(f"{here}_change", args=[object_id])
        return reverse(f"{here}_changelist")

    @display(description=_("ID"))  # type: ignore[untyped-decorator]
    def key(self, thing: Any) -> str:
        """The row's name."""
        return ids.encode(self.prefix, thing.pk)

    @display(description=_("Book"))  # type: ignore[untyped-decorator]
    def book_label(self, thing: Any) -> SafeString:
        """Whether this is real money."""
        return pill("book", thing.book)


class Inline(TabularInline):  # type: ignore[misc]
    """Rows that belong to a page, to be read."""

    extra = 0
    can_delete = False
    show_change_link = True
    hide_title = True
    tab = True
    per_page = 20
    ordering = ("pk",)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def by(field: str, kind: str, title: Any) -> type[SimpleListFilter]:
    """A filter of a list by a state, in the words of the vocabulary."""

    class ByWord(SimpleListFilter):
        parameter_name = field

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
            return [(state, gettext(known.text)) for state, known in WORDS[kind].items()]

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
            return queryset.filter(**{field: self.value()}) if self.value() else queryset

    ByWord.title = title
    return ByWord


def _may(request: HttpRequest, method: Any) -> bool:
    permission = getattr(method, "permission", None)
    return permission is None or bool(request.user.has_perm(permission))


def _fits(method: Any, thing: Any) -> bool:
    fits = getattr(method, "fits", None)
    return fits is None or bool(fits(thing))


def of(queryset: QuerySet[Any], term: str, **columns: str) -> QuerySet[Any]:
    """The rows whose column the term names: `of(orders, term, mer="merchant")` for `mer_…`; else none."""
    for prefix, column in columns.items():
        if term.startswith(f"{prefix}_"):
            return queryset.filter(**{column: ids.decode(prefix, term)})
    return queryset.none()


def actor_of(request: HttpRequest) -> Actor:
    """The operator at the other end."""
    return Actor(ActorKind.OPERATOR, request.user.pk, request.META.get("REMOTE_ADDR", ""))


def named(prefix: str, text: str) -> UUID | None:
    """The key that a name such as `ord_…` or a plain UUID stands for."""
    try:
        return ids.decode(prefix, text) if prefix and text.startswith(f"{prefix}_") else UUID(text)
    except (NotFound, ValueError):
        return None


def pill(kind: str, state: str) -> SafeString:
    """A state in the words of the vocabulary, as Unfold shows a label."""
    known = word(kind, state)
    return badge(gettext(known.text), known.tone)


def badge(text: Any, tone: str = "neutral") -> SafeString:
    """A few words with a colour; never a colour alone."""
    return render_to_string("unfold/helpers/label.html", {"text": text, "type": tone})


def yes(*, holds: bool) -> SafeString | str:
    """A fact that is worth a word only where it holds."""
    return badge(gettext("Yes"), "info") if holds else "—"


def badges(texts: Iterable[Any], tone: str) -> SafeString:
    """Several of them."""
    return format_html_join(" ", "{}", ((badge(text, tone),) for text in texts))


def money(amount: int | Money | None, currency: str = "") -> str:
    """An amount in the reader's language."""
    if amount is None:
        return "—"
    return ui.plain_money(amount if isinstance(amount, Money) else Money(amount, currency))


def link(name: str, key: Any, text: Any) -> SafeString | str:
    """A link to another page of the back office: `link("payments_order", order.pk, order.number)`."""
    try:
        address = reverse(f"admin:{name}_change", args=[key])
        return format_html('<a class="ops-link" href="{}">{}</a>', address, text)
    except NoReverseMatch:
        return str(text)


def table(heads: Iterable[Any], rows: Iterable[Iterable[Any]], empty: Any = "") -> SafeString:
    """A small table inside a page."""
    return render_to_string(
        "operators/table.html", {"heads": heads, "rows": [list(row) for row in rows], "empty": empty}
    )
