"""What tables and their columns are called in the back office.

Given here and not in the models: a better word needs no migration, and the same word serves every page.
"""

from typing import Any

from django.apps import apps
from django.utils.translation import gettext_lazy as _

# One thing, many of them, and its columns where Django's own guess would not do.
MODELS: dict[str, tuple[Any, Any]] = {
    "merchants.Merchant": (_("merchant"), _("merchants")),
    "merchants.Licence": (_("licence"), _("licences")),
    "merchants.Store": (_("store"), _("stores")),
    "merchants.Product": (_("product"), _("products")),
    "merchants.Coupon": (_("coupon"), _("coupons")),
    "merchants.CouponUse": (_("use of a coupon"), _("uses of coupons")),
    "merchants.Member": (_("member"), _("members")),
    "merchants.User": (_("person"), _("people")),
    "merchants.StockBatch": (_("stock batch"), _("stock batches")),
    "payments.Order": (_("order"), _("orders")),
    "payments.Payment": (_("payment"), _("payments")),
    "payments.Notice": (_("notice"), _("notices")),
    "payments.UnverifiedNotice": (_("unverified notice"), _("unverified notices")),
    "payments.Refund": (_("refund"), _("refunds")),
    "payments.Dispute": (_("dispute"), _("disputes")),
    "payments.Alert": (_("alert"), _("alerts")),
    "payments.ChannelAccount": (_("channel account"), _("channel accounts")),
    "ledger.Account": (_("ledger account"), _("ledger accounts")),
    "ledger.Transaction": (_("ledger transaction"), _("ledger transactions")),
    "ledger.Entry": (_("entry"), _("entries")),
    "ledger.Close": (_("close"), _("closes")),
    "webhooks.Endpoint": (_("webhook endpoint"), _("webhook endpoints")),
    "webhooks.Delivery": (_("webhook delivery"), _("webhook deliveries")),
    "settlement.Payout": (_("payout"), _("payouts")),
    "settlement.Statement": (_("statement"), _("statements")),
    "settlement.BankAccount": (_("bank account"), _("bank accounts")),
    "settlement.Schedule": (_("settlement schedule"), _("settlement schedules")),
    "settlement.ExchangeRate": (_("exchange rate"), _("exchange rates")),
    "django_celery_beat.PeriodicTask": (_("schedule"), _("schedules")),
}

APPS: dict[str, Any] = {
    "merchants": _("Merchants"),
    "payments": _("Trade"),
    "ledger": _("Ledger"),
    "risk": _("Risk"),
    "settlement": _("Settlement"),
    "audit": _("Audit"),
    "outbox": _("Events"),
    "webhooks": _("Webhooks"),
    "django_celery_beat": _("Schedules"),
}

COLUMNS: dict[str, Any] = {
    "merchant": _("merchant"),
    "store": _("store"),
    "product": _("product"),
    "order": _("order"),
    "payment": _("payment"),
    "account": _("account"),
    "book": _("book"),
    "state": _("state"),
    "payment_state": _("payment state"),
    "fulfilment": _("delivery"),
    "status": _("status"),
    "channel": _("channel"),
    "channel_txn": _("channel's number"),
    "method": _("method"),
    "currency": _("currency"),
    "purpose": _("purpose"),
    "kind": _("kind"),
    "said": _("what it says"),
    "asked": _("our own question"),
    "code": _("code"),
    "message": _("message"),
    "reason": _("reason"),
    "why": _("why"),
    "reference": _("reference"),
    "occurred_at": _("happened at"),
    "posted_at": _("posted at"),
    "received_at": _("received at"),
    "requested_at": _("requested at"),
    "concluded_at": _("ended at"),
    "placed_at": _("placed at"),
    "paid_at": _("paid at"),
    "starts_at": _("begins at"),
    "ends_at": _("ends at"),
    "per_buyer": _("uses by one buyer"),
    "reserved_at": _("reserved at"),
    "redeemed_at": _("redeemed at"),
    "returned_at": _("given back at"),
    "delivered_at": _("delivered at"),
    "revealed_at": _("revealed at"),
    "expires_at": _("expires at"),
    "closed_at": _("closed at"),
    "created_at": _("created at"),
    "joined_at": _("since"),
    "available_at": _("available at"),
    "next_query_at": _("next question at"),
    "queries": _("questions asked"),
    "tries": _("tries"),
    "retries": _("tried again"),
    "quantity": _("quantity"),
    "title": _("title"),
    "number": _("Number"),
    "language": _("language"),
    "device": _("device"),
    "count": _("count"),
    "topic": _("topic"),
    "attempts": _("attempts"),
    "failing_since": _("failing since"),
    "accepted_at": _("last accepted"),
    "held_until": _("held until"),
    "api_version": _("API version"),
    "resent_at": _("sent again at"),
    "ended_at": _("ended at"),
    "first_at": _("first time"),
    "last_at": _("last time"),
    "resolved_at": _("resolved at"),
    "facts": _("facts"),
    "label": _("label"),
    "gateway": _("gateway"),
    "settings": _("settings"),
    "rate": _("rate"),
    "version": _("version"),
    "latency_ms": _("milliseconds"),
    "size": _("bytes"),
    "name": _("name"),
    "email": _("e-mail"),
    "slug": _("address"),
    "country": _("country"),
    "time_zone": _("time zone"),
    "settlement_mode": _("settlement mode"),
    "licence": _("licence"),
    "twin_of": _("twin of"),
    "clock_ahead": _("clock ahead by"),
    "is_staff": _("operator"),
    "is_superuser": _("may do everything"),
    "is_active": _("active"),
    "last_login": _("last sign-in"),
    "role": _("role"),
    "user": _("person"),
    "owner_kind": _("owner"),
    "owner_id": _("owner's number"),
    "opened_at": _("opened at"),
    "actor_kind": _("actor"),
    "actor_id": _("actor's number"),
    "subject_type": _("subject"),
    "subject_id": _("subject's number"),
    "amount": _("amount"),
    "guarded": _("guarded"),
    "transaction": _("transaction"),
    "reverses": _("reverses"),
    "name_zh": _("Chinese name"),
    "name_en": _("English name"),
    "support_zh": _("help in Chinese"),
    "support_en": _("help in English"),
    "min_quantity": _("least quantity"),
    "max_quantity": _("most quantity"),
    "hold_minutes": _("keys are held for (minutes)"),
    "unpaid_share": _("share of stock in unpaid orders (%)"),
    "evidence_due_by": _("evidence is due by"),
    "channel_dispute": _("channel's number"),
    "holder": _("holder"),
    "jurisdiction": _("jurisdiction"),
    "valid_from": _("valid from"),
    "valid_to": _("valid until"),
    "filename": _("file name"),
    "malformed": _("malformed lines"),
    "repeated": _("repeated lines"),
    "voided": _("voided keys"),
    "created_by": _("made by"),
    "finished_at": _("finished at"),
}
# Words that fit one table only.
FIELDS: dict[str, dict[str, Any]] = {
    "merchants.Licence": {"demo": _("for the demo only")},
    "merchants.StockBatch": {
        "source": _("came as"),
        "lines": _("lines of the file"),
        "blank": _("blank lines"),
        "known": _("in stock already"),
        "imported": _("imported keys"),
    },
    "payments.Notice": {"key": _("notice's own name")},
    "settlement.Payout": {
        "first_approved_by": _("first approved by"),
        "second_approved_by": _("second approved by"),
    },
    "django_celery_beat.PeriodicTask": {"task": _("task")},
}
_NAMED_APPS = ("merchants", "payments", "ledger", "webhooks")


def give() -> None:
    """Put the names where the admin looks for them. Migrations compare what the models say, not this."""
    for label, name in APPS.items():
        apps.get_app_config(label).verbose_name = name
    for path, (one, many) in MODELS.items():
        meta = apps.get_model(path)._meta
        meta.verbose_name, meta.verbose_name_plural = one, many
    for label in _NAMED_APPS:
        for model in apps.get_app_config(label).get_models():
            for field in model._meta.fields:
                if field.name in COLUMNS:
                    field.verbose_name = COLUMNS[field.name]
    for path, columns in FIELDS.items():
        for name, said in columns.items():
            apps.get_model(path)._meta.get_field(name).verbose_name = said
