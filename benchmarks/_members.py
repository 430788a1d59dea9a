"""Memberships of a day: subscriptions whose first period was a present and ends today, each with a kept card.

Their rows are copied in without triggers, since nothing else makes tens of thousands in a minute; the auditor
reads them before anything is renewed.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

CURRENCY, PRICE_FEN, DAYS = "CNY", 3_000, 30
CARD = "cus_{0:016x}:pm_{0:024x}"
_AHEAD, _WITHIN = timedelta(minutes=1), timedelta(minutes=90)
_LIMIT = 10


@dataclass(frozen=True)
class Offer:
    """A merchant's membership, its plan, and the accounts by which it is paid, here and at Stripe."""

    product: Any
    version: Any
    account: Any
    stripe_id: str


@dataclass(frozen=True)
class Member:
    """A buyer's part, made before anything is copied: COPY occupies the connection that brings keys."""

    number: int
    offer: Offer
    id: Any
    due: datetime
    contact: bytes
    contact_key: bytes
    buyer_key: bytes


def prepare(count: int, gateway: str) -> None:
    """Seed `count` subscriptions, shared out among all merchants by turns; `gateway` plays Stripe."""
    from django.db import connection

    offers = _offers(gateway)
    members = _members(count, offers)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for rows in _rows(members):
            _copy(cursor, rows)
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")


def _offers(gateway: str) -> list[Offer]:
    from kernel import clock
    from kernel.actors import SYSTEM
    from kernel.intervals import Unit
    from merchants.models import Merchant, Product, Store
    from merchants.services import plans
    from merchants.services.plans import Terms
    from payments.sandbox.stripe import accounts as stripe
    from payments.services import accounts

    stores = {store.merchant_id: store for store in Store.objects.all()}
    found = []
    for merchant in Merchant.objects.order_by("id"):
        product = Product.objects.create(
            merchant=merchant, store=stores[merchant.id], slug="member", name_zh="会员", name_en="Membership",
            kind="membership", currency=CURRENCY, price=PRICE_FEN, status="draft",
        )  # fmt: skip
        terms = Terms(Unit.DAY, count=DAYS, prices={CURRENCY: PRICE_FEN})
        plan = plans.create(product, actor=SYSTEM, terms=terms, slug="days", name_zh="30 天")
        version = plans.publish(plan, actor=SYSTEM)
        product.refresh_from_db()
        product.status, product.updated_at = "live", clock.now()
        product.save(update_fields=["status", "updated_at"])
        opened = stripe.open(merchant.name)
        account = accounts.register(
            merchant,
            "stripe",
            label="Stripe",
            gateway=gateway,
            settings={"account_id": opened.account_id, "mode": "test"},
            secrets={"api_key": opened.secret_key, "webhook_secret": opened.webhook_secret},
            rate=Decimal("0.034"),
            actor=SYSTEM,
        )
        found.append(Offer(product, version, account, opened.account_id))
    return found


def _members(count: int, offers: list[Offer]) -> list[Member]:
    import vault
    from buyers.keys import email_key
    from kernel import clock, ids
    from payments.services.baskets import contact_key
    from payments.subscriptions.services.invoicing import CONTACT

    now = clock.now()
    made: list[Member] = []
    for place, offer in enumerate(offers):
        numbers = range(place, count, len(offers))
        rows = [ids.new() for _ in numbers]
        emails = [f"member{number}@mail.example.com" for number in numbers]
        sealer = vault.sealer(offer.product.merchant_id, context=CONTACT)
        sealed = sealer.seal_many([email.encode() for email in emails], rows)
        for number, row, email, contact in zip(numbers, rows, emails, sealed, strict=True):
            due = now - _AHEAD - _WITHIN * (number / count)
            keys = contact_key(offer.product.merchant_id, email), email_key(email)
            made.append(Member(number, offer, row, due, contact, *keys))
    return made


def _rows(members: list[Member]) -> Iterable[list[Any]]:
    """All rows, table by table."""
    text = _text()
    cards, consents, mandates, subscriptions, invoices, entitlements, grants, changes = (
        list(column) for column in zip(*(_of(member, text) for member in members), strict=True)
    )
    yield [text]
    yield from (cards, consents, mandates, subscriptions, invoices, entitlements, grants, changes)


def _text() -> Any:
    from buyers.models import ConsentText
    from kernel import clock, ids
    from payments.subscriptions.consents import CHARGES

    words = CHARGES.text
    return ConsentText(
        id=ids.new(), kind=CHARGES.name, version=CHARGES.version, language="zh-hans", text=words,
        sha256=hashlib.sha256(words.encode()).digest(), created_at=clock.now(),
    )  # fmt: skip


def _of(member: Member, text: Any) -> tuple[Any, ...]:
    """A member's rows: card, consent, mandate, subscription, invoice, entitlement, grant, revenue."""
    from buyers.models import Consent
    from kernel import ids
    from merchants.models import Entitlement, EntitlementGrant
    from merchants.services.entitlements import new_key
    from payments.sandbox.models import StripeCard
    from payments.subscriptions.models import Invoice, Mandate, RecurringChange

    product, version, account = member.offer.product, member.offer.version, member.offer.account
    began = member.due - timedelta(days=DAYS)
    customer, _, method = CARD.format(member.number).partition(":")
    card = StripeCard(
        id=method, account_id=member.offer.stripe_id, customer=customer, last4="4242", brand="visa",
        exp_month=12, exp_year=2099, created_at=began,
    )  # fmt: skip
    owner = {"merchant_id": product.merchant_id, "book": "live"}
    keys = {"contact_key": member.contact_key, "buyer_key": member.buyer_key}
    consent = Consent(
        id=ids.new(), buyer_key=member.buyer_key, kind=text.kind, text=text, subject_type="subscription",
        subject_id=member.id, at=began,
    )  # fmt: skip
    mandate = Mandate(
        id=ids.new(), subscription_id=member.id, account_id=account.id, method="stripe.mandate",
        state="active", handle=CARD.format(member.number), label="Visa •••• 4242",
        expires_on=date(2099, 12, 31), currency=CURRENCY, limit_amount=_LIMIT * PRICE_FEN, consent=consent,
        agreed_at=began, created_at=began, **owner, **keys,
    )  # fmt: skip
    entitlement = Entitlement(
        id=ids.new(), store_id=product.store_id, product_id=product.id, key=new_key(),
        subscription_id=member.id, quantity=1, starts_at=began, ends_at=member.due, **owner, **keys,
    )  # fmt: skip
    line = {
        "kind": "period", "amount": PRICE_FEN, "from": began.isoformat(), "to": member.due.isoformat(),
        "quantity": 1, "unit_price": PRICE_FEN,
    }  # fmt: skip
    invoice = Invoice(
        id=ids.new(), subscription_id=member.id, number=1, kind="start", state="paid", period=1,
        period_starts=began, period_ends=member.due, version_id=version.id, quantity=1, unit_price=PRICE_FEN,
        lines=[line], subtotal=PRICE_FEN, discount=PRICE_FEN, total=0, currency=CURRENCY, created_at=began,
        due_at=began, paid_at=began, **owner,
    )  # fmt: skip
    grant = EntitlementGrant(
        id=ids.new(), merchant_id=product.merchant_id, entitlement=entitlement, invoice_id=invoice.id,
        kind="paid", starts_at=began, ends_at=member.due, granted_at=began,
    )  # fmt: skip
    change = RecurringChange(
        id=ids.new(), subscription_id=member.id, currency=CURRENCY, at=began, kind="new",
        before=Decimal(0), after=_monthly(), **owner,
    )  # fmt: skip
    subscription = _subscription(member, mandate, entitlement, began)
    return card, consent, mandate, subscription, invoice, entitlement, grant, change


def _subscription(member: Member, mandate: Any, entitlement: Any, began: datetime) -> Any:
    from kernel import ids
    from payments.subscriptions.models import Subscription
    from payments.tokens import new_token

    product = member.offer.product
    return Subscription(
        id=member.id, merchant_id=product.merchant_id, book="live", store_id=product.store_id,
        product_id=product.id, version_id=member.offer.version.id, quantity=1, currency=CURRENCY,
        unit_price=PRICE_FEN, title="会员", contact=member.contact, contact_key=member.contact_key,
        buyer_key=member.buyer_key, address_key=bytes(16), language="zh-hans", device="desktop",
        token=new_token(), form_key=ids.new(), state="active", zone="Asia/Shanghai", anchor_at=began, step=1,
        period=1, period_starts=began, period_ends=member.due, recurring=_monthly(), mandate=mandate,
        method="stripe.mandate", due_at=member.due, noticed=2, entitlement_id=entitlement.id,
        created_at=began, started_at=began,
    )  # fmt: skip


def _monthly() -> Decimal:
    from kernel.intervals import Unit
    from payments.subscriptions.billing import recurring

    return recurring.monthly(PRICE_FEN, Unit.DAY, DAYS)


def _copy(cursor: Any, rows: list[Any]) -> None:
    """Copy rows of one model, column by column as Django would have inserted them."""
    from django.db import connection

    fields = rows[0]._meta.concrete_fields
    table = connection.ops.quote_name(rows[0]._meta.db_table)
    columns = ", ".join(f'"{field.column}"' for field in fields)
    with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(
                [field.get_db_prep_save(field.pre_save(row, add=True), connection) for field in fields]
            )
