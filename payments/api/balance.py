"""The balance: what is owed to the merchant, available and pending, and every line behind it."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from kernel import clock, ids
from kernel.errors import NotFound
from ledger import balances
from ledger.balances import Line
from ledger.legs import AccountKey
from ledger.purposes import OwnerKind, Purpose
from settlement.lines import Category, category
from web.api.answers import answer
from web.api.fields import IdField, MoneyField, TimestampField, timestamp
from web.api.lists import limit_of
from web.api.serializers import Shown
from web.api.views import Endpoint

from ..models import Payment, Refund

_ACCOUNTS = {
    "balance": Purpose.MERCHANT,
    "reserve": Purpose.MERCHANT_RESERVE,
    "surplus": Purpose.SURPLUS,
}
_NAMES = {purpose: name for name, purpose in _ACCOUNTS.items()}
_PREFIXES = {"payment": "pay", "refund": "rfd", "payout": "po", "dispute": "dsp"}
_REASONS = [reason.value for reason in Category]


class AccountShown(Shown):
    """One account of the merchant's: its money of one kind, in one currency."""

    account = serializers.ChoiceField(
        list(_ACCOUNTS),
        help_text="`balance`: yours. `reserve`: held back for a time. `surplus`: came besides, goes back.",
    )
    currency = serializers.CharField()
    available = MoneyField(help_text="May be used now. Below zero: refunds took more than there was.")
    pending = MoneyField(help_text="Will be available later, by the terms of your plan.")


class BalanceShown(Shown):
    """All accounts."""

    data = AccountShown(many=True)  # type: ignore[assignment] # the library sets it aside
    at = TimestampField(help_text="The moment for which this is true.")


class LineShown(Shown):
    """One line: why, of what, how much, and the balance with it."""

    id = IdField("ent")
    kind = serializers.CharField(help_text="What was posted, for programs.", default="payment.captured")
    reason = serializers.ChoiceField(_REASONS, help_text="Under which sum of a settlement it counts.")
    subject = serializers.CharField(help_text="The payment, refund or payout that it is about; may be empty.")
    order = serializers.CharField(help_text="The order that it belongs to; may be empty.")
    reference = serializers.CharField(help_text="The ledger's own reference, unique for a posting.")
    amount = MoneyField(help_text="Above zero: it came to you.")
    balance = MoneyField(help_text="Everything up to this line and with it.")
    pending = serializers.BooleanField(help_text="It is not available yet.")
    occurred_at = TimestampField()
    available_at = TimestampField()


class LinesShown(Shown):
    """A page of lines."""

    data = LineShown(many=True)  # type: ignore[assignment]
    next = serializers.CharField(
        allow_null=True, help_text="Send it as `cursor`; null: this is the last page."
    )


_PAGING = [
    OpenApiParameter(
        "cursor",
        {"type": "string", "pattern": r"^[0-9]{1,16}\.[0-9a-f]{32}$"},
        description="Where to go on: `next` of the page before.",
    ),
    OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": 100, "default": 25}),
]


class Balance(Endpoint):
    """What is owed to the merchant."""

    tag = "balance"
    prefix = "ent"
    shown = BalanceShown
    pagination_class = None
    filter_backends = ()
    parameters = {"lines": ("currency", "account", "cursor", "limit")}  # noqa: RUF012

    @extend_schema(summary="Get the balance", responses=BalanceShown)
    def retrieve(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """Every account that was ever used, by currency."""
        caller = self.caller
        now = clock.now(caller)
        keys = [
            key
            for key in balances.keys_of(OwnerKind.MERCHANT, caller.merchant_id, caller.book)
            if key.purpose in _NAMES
        ]
        rows = [
            {
                "account": _NAMES[key.purpose],
                "currency": key.currency,
                "available": held.available,
                "pending": held.pending,
            }
            for key, held in balances.of_many(keys, at=now).items()
        ]
        return answer({"data": AccountShown(rows, many=True).data, "at": timestamp(now)})

    @extend_schema(
        summary="List the lines of the balance",
        responses=LinesShown,
        parameters=[
            OpenApiParameter("currency", {"type": "string", "pattern": "^[A-Z]{3,5}$"}, required=True),
            OpenApiParameter("account", {"type": "string", "enum": list(_ACCOUNTS), "default": "balance"}),
            *_PAGING,
        ],
    )
    def lines(self, request: Request) -> HttpResponse:
        """Newest first, by when they count, each with the running balance: the ledger's own entries."""
        caller, asked = self.caller, request.query_params
        key = AccountKey(
            OwnerKind.MERCHANT, caller.merchant_id, _purpose(asked.get("account", "balance")),
            _currency(asked.get("currency", "")), caller.book,
        )  # fmt: skip
        try:
            page = balances.lines(key, cursor=asked.get("cursor", "")[:80], limit=limit_of(request))
        except NotFound as error:
            raise serializers.ValidationError({"cursor": [_("There is no such object.")]}) from error
        orders = self._orders(page.lines)
        now = clock.now(caller)
        rows = [
            {
                "id": line.entry_id,
                "kind": line.kind,
                "reason": category(line.kind, line.amount.amount).value,
                "subject": _subject(line),
                "order": orders.get(line.subject[1], ""),
                "reference": line.reference,
                "amount": line.amount,
                "balance": line.balance,
                "pending": line.available_at > now,
                "occurred_at": line.occurred_at,
                "available_at": line.available_at,
            }
            for line in page.lines
        ]
        return answer({"data": LineShown(rows, many=True).data, "next": page.cursor or None})

    def _orders(self, lines: Any) -> dict[UUID, str]:
        """The orders of the payments and refunds that the lines are about."""
        subjects = {line.subject[1] for line in lines}
        found: dict[UUID, str] = {}
        for model in (Payment, Refund):
            pairs = self.mine(model).filter(pk__in=subjects).values_list("pk", "order_id")
            found |= {pk: ids.encode("ord", order_id) for pk, order_id in pairs}
        return found


def _purpose(name: str) -> Purpose:
    if name not in _ACCOUNTS:
        raise serializers.ValidationError({"account": [_("There is no such account.")]})
    return _ACCOUNTS[name]


def _currency(text: str) -> str:
    if not (3 <= len(text) <= 5 and text.isascii() and text.isalpha() and text.isupper()):
        raise serializers.ValidationError({"currency": [_("Send a currency such as CNY.")]})
    return text


def _subject(line: Line) -> str:
    kind, key = line.subject
    return ids.encode(_PREFIXES[kind], key) if kind in _PREFIXES else ""
