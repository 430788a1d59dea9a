"""What every endpoint is: known callers, scopes, limits, queries that start from the caller's merchant."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, cast
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.serializers import Serializer
from rest_framework.viewsets import GenericViewSet

from kernel import ids
from kernel.errors import NotFound

from . import idempotency
from .answers import answer
from .caller import Caller, caller_of
from .errors import IdempotencyKeyMissing, KeyMissing
from .fields import pattern_of
from .lists import ByCursor, Strict, id_in, refuse_unknown
from .scoping import Scoped

_READING = {"GET", "HEAD"}


class Endpoint(GenericViewSet[Any]):
    """An endpoint about one kind of object.

    `tag` names its chapter in the documents and, unless `scopes` says otherwise for an action, its scopes
    `<tag>:read` and `<tag>:write`. `owner` is the field that leads to the merchant.
    """

    permission_classes = (Scoped,)
    pagination_class: Any = ByCursor
    filter_backends: Any = (Strict,)
    metadata_class = None
    http_method_names = ["get", "head", "post", "patch"]  # noqa: RUF012 - the library's own form
    lookup_field = "pk"
    lookup_url_kwarg = "id"

    model: ClassVar[Any]
    prefix: ClassVar[str]
    tag: ClassVar[str]
    owner: ClassVar[str] = "merchant_id"
    order: ClassVar[tuple[str, ...]] = ("-id",)
    related: ClassVar[tuple[str, ...]] = ()
    scopes: ClassVar[dict[str, str]] = {}
    shown: ClassVar[type[Serializer[Any]]]
    parameters: ClassVar[dict[str, tuple[str, ...]]] = {}  # of actions that are no `list` and have some
    refusals: ClassVar[dict[str, tuple[str, ...]]] = {}  # statuses of an action besides the common ones
    asks_for_key: ClassVar[frozenset[str]] = frozenset()  # actions that need an Idempotency-Key
    calls_out: ClassVar[frozenset[str]] = (
        frozenset()
    )  # actions that call somebody, so cannot be one transaction
    body_most: ClassVar[int] = 256 * 1024

    @property
    def cursor_pattern(self) -> str:
        """How cursors of the list look, for the documents."""
        return pattern_of(self.prefix)

    @property
    def scope(self) -> str:
        """The scope that the action needs."""
        kind = "read" if self.request.method in _READING else "write"
        return self.scopes.get(self.action or "", f"{self.tag}:{kind}")

    @property
    def caller(self) -> Caller:
        """Who calls."""
        found = caller_of(self.request)
        if found is None:
            raise KeyMissing
        return found

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Know the caller, then let what changes something run once under its key."""
        super().initial(request, *args, **kwargs)
        self.claim_id, self.began = idempotency.one_time(), idempotency.Began()
        if request.method in _READING:
            if self.action != "list":
                refuse_unknown(request, self.parameters.get(self.action or "", ()))
            return
        refuse_unknown(request, ())
        method = (request.method or "").lower()
        setattr(self, method, self._once(getattr(self, method)))

    def get_queryset(self) -> QuerySet[Any]:
        """The caller's rows, and nobody else's. The documents are made without a caller."""
        if getattr(self, "swagger_fake_view", False):
            return cast("QuerySet[Any]", self.model._default_manager.none())
        return self.mine(self.model).select_related(*self.related).order_by(*self.order)

    def get_serializer_class(self) -> type[Serializer[Any]]:
        """What the documents show."""
        return self.shown

    def mine(self, model: Any, owner: str = "") -> QuerySet[Any]:
        """The caller's rows of any model."""
        rows: QuerySet[Any] = model._default_manager.filter(**{owner or self.owner: self.caller.merchant_id})
        return rows

    def one(self, key: str) -> Any:
        """The caller's object of this id. Raises NotFound, for another's as for none."""
        found = self.get_queryset().filter(pk=ids.decode(self.prefix, key)).first()
        if found is None:
            raise NotFound(id=key[:40])
        return found

    def page(self) -> HttpResponse:
        """A page of the list."""
        return self.listed(self.shown(self.cut(), many=True, context={"clock": self.caller}).data)

    def cut(self) -> Sequence[Any]:
        """The rows of the page that is asked for."""
        return self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []

    def listed(self, data: Any) -> HttpResponse:
        """What the page that was just cut looks like."""
        return answer({"data": data, "next": self.paginator.following})  # type: ignore[union-attr]

    def shows(self, row: Any, *, status: int = 200) -> HttpResponse:
        """One object."""
        return answer(self.shown(row, context={"clock": self.caller}).data, status=status)

    def after(self, rows: QuerySet[Any], cursor: str) -> QuerySet[Any]:
        """The rows behind a cursor. Raises ValidationError."""
        return rows.filter(pk__lt=id_in(self.prefix, cursor, parameter="cursor"))

    def cursor_of(self, row: Any) -> str:
        """The cursor that goes on behind this row."""
        return ids.encode(self.prefix, row.pk)

    def read(self, form: type[Serializer[Any]], **context: Any) -> dict[str, Any]:
        """The body, checked; from here on the request is being executed. Raises ValidationError."""
        asked = form(data=self.request.data, context={"view": self, **context})
        asked.is_valid(raise_exception=True)
        self.began.is_set = True
        return dict(asked.validated_data)

    def _once(self, handler: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        def run(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
            key = idempotency.key_of(request)
            if key is None:
                if self.action in self.asks_for_key:
                    raise IdempotencyKeyMissing
                return handler(request, *args, **kwargs)

            def execute(claim_id: UUID) -> HttpResponse:
                self.claim_id = claim_id
                return handler(request, *args, **kwargs)

            whole = self.action not in self.calls_out
            return idempotency.execute(request, self.caller, key, execute, self.began, whole=whole)

        return run
