"""What Keyway holds of people, and which secrets: every field that could hold such a thing, classed.

`tests/architecture/test_inventory.py` fails when a model gains a field that stands in neither table. The
periods are defaults from the retention table in `docs/data.md`; an operator's own law may ask for others.
"""

from dataclasses import dataclass
from enum import StrEnum


class Class(StrEnum):
    """What a value is to the person it is about."""

    CONTACT = "contact"  # reaches a buyer
    TRACE = "trace"  # tells where somebody was or what they used
    STAFF = "staff"  # members and operators
    SECRET = "secret"  # noqa: S105 (a class, not a password): opens something
    GOODS = "goods"  # what is sold
    EVIDENCE = "evidence"  # messages of channels, which name payers


class Rest(StrEnum):
    """How it lies in the database."""

    SEALED = "sealed"  # AES-256-GCM under the owner's data key
    FINGERPRINT = "fingerprint"  # keyed, cannot be turned back
    HASHED = "hashed"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Held:
    """One field. `months` after the row's end it is erased; None: as long as the row."""

    what: Class
    rest: Rest
    months: int | None


HELD: dict[str, Held] = {
    "audit.AuditRow.origin": Held(Class.TRACE, Rest.SEALED, 84),
    "buyers.Buyer.email": Held(Class.CONTACT, Rest.SEALED, 0),
    "buyers.Buyer.email_key": Held(Class.CONTACT, Rest.FINGERPRINT, 0),
    "buyers.Code.digest": Held(Class.SECRET, Rest.FINGERPRINT, 0),
    "buyers.Code.email": Held(Class.CONTACT, Rest.SEALED, 0),
    "buyers.Code.email_key": Held(Class.CONTACT, Rest.FINGERPRINT, 0),
    "buyers.Consent.buyer_key": Held(Class.CONTACT, Rest.FINGERPRINT, 36),
    "buyers.FormerEmail.email_key": Held(Class.CONTACT, Rest.FINGERPRINT, 0),
    "merchants.ApiKey.digest": Held(Class.SECRET, Rest.HASHED, None),
    "merchants.CouponCode.buyer_key": Held(Class.CONTACT, Rest.FINGERPRINT, 24),
    "merchants.CouponUse.buyer_key": Held(Class.CONTACT, Rest.FINGERPRINT, 24),
    "merchants.Entitlement.buyer_key": Held(Class.CONTACT, Rest.FINGERPRINT, 24),
    "merchants.Entitlement.contact_key": Held(Class.CONTACT, Rest.FINGERPRINT, 24),
    "merchants.Entitlement.key": Held(Class.SECRET, Rest.PLAIN, 24),
    "merchants.Invitation.email": Held(Class.STAFF, Rest.PLAIN, None),
    "merchants.Invitation.token_digest": Held(Class.SECRET, Rest.HASHED, None),
    "merchants.StockBatch.findings": Held(Class.GOODS, Rest.SEALED, None),
    "merchants.StockItem.fingerprint": Held(Class.GOODS, Rest.FINGERPRINT, None),
    "merchants.StockItem.sealed": Held(Class.GOODS, Rest.SEALED, 6),
    "merchants.UploadChunk.sealed": Held(Class.GOODS, Rest.SEALED, 0),
    "merchants.User.email": Held(Class.STAFF, Rest.PLAIN, None),
    "merchants.User.name": Held(Class.STAFF, Rest.PLAIN, None),
    "merchants.User.password": Held(Class.SECRET, Rest.HASHED, None),
    "payments.ChannelAccount.secrets": Held(Class.SECRET, Rest.SEALED, 1),
    "payments.ChannelAccount.token": Held(Class.SECRET, Rest.PLAIN, None),
    "payments.Notice.body": Held(Class.EVIDENCE, Rest.SEALED, 36),
    "payments.Notice.digest": Held(Class.EVIDENCE, Rest.HASHED, 36),
    "payments.Order.address_key": Held(Class.TRACE, Rest.FINGERPRINT, 24),
    "payments.Order.buyer_key": Held(Class.CONTACT, Rest.FINGERPRINT, 24),
    "payments.Order.contact": Held(Class.CONTACT, Rest.SEALED, 24),
    "payments.Order.contact_key": Held(Class.CONTACT, Rest.FINGERPRINT, 24),
    "payments.Order.token": Held(Class.SECRET, Rest.PLAIN, 24),
    "payments.Payment.action_value": Held(Class.SECRET, Rest.PLAIN, None),
    "payments.Payment.notify_token": Held(Class.SECRET, Rest.PLAIN, None),
    "payments.UnverifiedNotice.body": Held(Class.EVIDENCE, Rest.SEALED, 6),
    "risk.ListEntry.hint": Held(Class.TRACE, Rest.PLAIN, None),
    "risk.ListEntry.reason": Held(Class.TRACE, Rest.PLAIN, None),
    "settlement.BankAccount.fingerprint": Held(Class.STAFF, Rest.FINGERPRINT, 84),
    "settlement.BankAccount.holder_sealed": Held(Class.STAFF, Rest.SEALED, 84),
    "settlement.BankAccount.last_four": Held(Class.STAFF, Rest.PLAIN, 84),
    "settlement.BankAccount.number_sealed": Held(Class.STAFF, Rest.SEALED, 84),
    "settlement.RailAccount.secrets": Held(Class.SECRET, Rest.SEALED, 1),
    "subscriptions.Mandate.buyer_key": Held(Class.CONTACT, Rest.FINGERPRINT, 24),
    "subscriptions.Mandate.contact_key": Held(Class.CONTACT, Rest.FINGERPRINT, 24),
    "subscriptions.Mandate.handle": Held(Class.SECRET, Rest.PLAIN, 24),
    "subscriptions.Mandate.label": Held(Class.TRACE, Rest.PLAIN, 24),
    "subscriptions.Mandate.page_url": Held(Class.SECRET, Rest.PLAIN, 0),
    "subscriptions.Subscription.address_key": Held(Class.TRACE, Rest.FINGERPRINT, 24),
    "subscriptions.Subscription.buyer_key": Held(Class.CONTACT, Rest.FINGERPRINT, 24),
    "subscriptions.Subscription.contact": Held(Class.CONTACT, Rest.SEALED, 24),
    "subscriptions.Subscription.contact_key": Held(Class.CONTACT, Rest.FINGERPRINT, 24),
    "subscriptions.Subscription.token": Held(Class.SECRET, Rest.PLAIN, 24),
    "vault.DataKey.wrapped": Held(Class.SECRET, Rest.SEALED, None),
    "web.KeptAnswer.body": Held(Class.CONTACT, Rest.SEALED, 0),
    "web.Tally.key": Held(Class.TRACE, Rest.FINGERPRINT, 0),
    "webhooks.Attempt.excerpt": Held(Class.EVIDENCE, Rest.PLAIN, 1),
    "webhooks.Endpoint.url": Held(Class.SECRET, Rest.PLAIN, None),
    "webhooks.Secret.sealed": Held(Class.SECRET, Rest.SEALED, 1),
}

# Fields that name, count or describe, and nobody. By model; the sandbox's people are made up.
NOBODYS: dict[str, str] = {
    "audit.AuditRow": "actor_kind action subject_kind reason facts request",
    "audit.Link": "hash",
    "buyers.Consent": "kind subject_type",
    "buyers.ConsentText": "kind text sha256",
    "ledger.Account": "currency",
    "ledger.Entry": "currency book",
    "ledger.Link": "hash",
    "ledger.Transaction": "reference kind subject_type facts",
    "merchants.ApiKey": "name hint",
    "merchants.CodeBatch": "prefix",
    "merchants.Coupon": "name currency",
    "merchants.CouponCode": "code",
    "merchants.CouponUse": "currency",
    "merchants.Entitlement": "reason",
    "merchants.Licence": "number holder jurisdiction",
    "merchants.Merchant": "name language time_zone country",
    "merchants.Plan": "slug name_zh name_en",
    "merchants.PlanPrice": "currency",
    "merchants.PlanVersion": "",
    "merchants.PriceTier": "",
    "merchants.Product": "slug name_zh name_en description_zh description_en usage_zh usage_en currency",
    "merchants.StockBatch": "filename layout",
    "merchants.Store": "slug name_zh name_en notice_zh notice_en support_zh support_en accent",
    "merchants.User": "language",
    "outbox.Cursor": "subscriber",
    "outbox.Event": "topic subject_kind book payload",
    "outbox.Number": "topic",
    "outbox.Parked": "subscriber error",
    "payments.Alert": "code subject_type facts",
    "payments.ChannelAccount": "channel label gateway settings",
    "payments.Memo": "reference metadata return_url",
    "payments.Dispute": "channel_dispute currency reason fee_currency",
    "payments.Notice": "key channel_txn currency reason",
    "payments.Order": "number title currency language",
    "payments.Payment": "method currency channel_txn handle action_kind code message",
    "payments.Refund": "currency reason actor_kind code message",
    "payments.UnverifiedNotice": "why",
    "risk.Decision": "book currency method reasons",
    "settlement.BankAccount": "currency bank",
    "settlement.ExchangeRate": "currency source",
    "settlement.FeePlanVersion": "fixed country zone",
    "settlement.Payout": "currency reason code message",
    "settlement.RailAccount": "rail label gateway settings",
    "settlement.Schedule": "country zone minimum",
    "settlement.Statement": "currency",
    "subscriptions.Invoice": "lines currency",
    "subscriptions.Mandate": "method currency page ended_by end_reason",
    "subscriptions.RecurringChange": "currency",
    "subscriptions.Subscription": "currency title language zone cancel_reason method",
    "webhooks.Attempt": "error digest",
    "webhooks.Delivery": "topic subject_kind error",
    "webhooks.Endpoint": "description api_version off_note",
    "webhooks.PublicEvent": "topic subject_kind body",
    "web.KeptAnswer": "request content_type",
}
