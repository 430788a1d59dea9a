"""Lists and pages of rows that nobody edits."""
# ruff: noqa: ARG002 - Django calls these methods by the names of their arguments

from typing import Any, ClassVar
from uuid import UUID

from django.contrib.admin import SimpleListFilter
from django.contrib.admin.utils import unquote
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from kernel import ids
from kernel.errors import NotFound

from ..vocabulary import WORDS
from .deeds import fits_now, may
from .words import pill

# What a link chooses about the page itself, and no list can be filtered by.
_CHOICES = frozenset({"lang", "theme"})


class Reading(ModelAdmin):  # type: ignore[misc]
    """A list and a page of rows that nobody edits. `prefix` is the TypeID prefix of its rows."""

    prefix: ClassVar[str] = ""
    nothing: ClassVar[Any] = _("There is nothing of this kind yet.")  # what an empty list says
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
        return [each for each in super().get_actions_list(request) if may(request, each.method)]

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """The buttons of a row that this operator may press and that make sense for it."""
        offered = [
            each for each in super().get_actions_detail(request, object_id) if may(request, each.method)
        ]
        thing = self.thing(request, object_id) if offered else None
        return [each for each in offered if fits_now(each.method, thing)]

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


def of(queryset: QuerySet[Any], term: str, **columns: str) -> QuerySet[Any]:
    """The rows whose column the term names: `of(orders, term, mer="merchant")` for `mer_…`; else none."""
    for prefix, column in columns.items():
        if term.startswith(f"{prefix}_"):
            return queryset.filter(**{column: ids.decode(prefix, term)})
    return queryset.none()


def named(prefix: str, text: str) -> UUID | None:
    """The key that a name such as `ord_…` or a plain UUID stands for."""
    try:
        return ids.decode(prefix, text) if prefix and text.startswith(f"{prefix}_") else UUID(text)
    except (NotFound, ValueError):
        return None
