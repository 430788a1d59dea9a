"""The states of what a merchant owns, each with its table of moves where it moves. No Django."""

from enum import StrEnum

from kernel.machine import Machine


class SettlementMode(StrEnum):
    """Whose money a sale's money is, and who pays it out (design: who may hold money)."""

    DIRECT = "direct"
    CHANNEL_SPLIT = "channel_split"
    OWN_SUPPLY = "own_supply"
    PLATFORM_PAYOUT = "platform_payout"


class MerchantStatus(StrEnum):
    """A suspended merchant sells nothing; orders that are open go on."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


class StoreStatus(StrEnum):
    """A closed store shows that it is closed; the look-up of orders goes on."""

    OPEN = "open"
    CLOSED = "closed"


class ProductKind(StrEnum):
    """What a buyer gets."""

    CARD_KEYS = "card_keys"
    MEMBERSHIP = "membership"  # an entitlement for a period, by a plan; it renews


class ProductStatus(StrEnum):
    """Only a live product is shown and sold. What was sold is archived, never deleted."""

    DRAFT = "draft"
    LIVE = "live"
    ARCHIVED = "archived"


PRODUCT: Machine[ProductStatus] = Machine(
    start=ProductStatus.DRAFT,
    moves={
        ProductStatus.DRAFT: {ProductStatus.LIVE, ProductStatus.ARCHIVED},
        ProductStatus.LIVE: {ProductStatus.DRAFT, ProductStatus.ARCHIVED},
        ProductStatus.ARCHIVED: {ProductStatus.DRAFT},
    },
)


class StockState(StrEnum):
    """Where a key is. What is delivered or void stays so."""

    AVAILABLE = "available"
    RESERVED = "reserved"
    DELIVERED = "delivered"
    VOID = "void"


STOCK: Machine[StockState] = Machine(
    start=StockState.AVAILABLE,
    moves={
        StockState.AVAILABLE: {StockState.RESERVED, StockState.VOID},
        StockState.RESERVED: {StockState.AVAILABLE, StockState.DELIVERED},
    },
)


class BatchSource(StrEnum):
    """How keys came in."""

    PASTE = "paste"
    TXT = "txt"
    CSV = "csv"


class BatchState(StrEnum):
    """An import: received → checked (the dry run) → importing → imported; undoing → undone while unsold."""

    RECEIVED = "received"
    CHECKED = "checked"
    IMPORTING = "importing"
    IMPORTED = "imported"
    CANCELLED = "cancelled"
    UNDOING = "undoing"  # its keys are leaving the shelf
    UNDONE = "undone"


BATCH: Machine[BatchState] = Machine(
    start=BatchState.RECEIVED,
    moves={
        BatchState.RECEIVED: {BatchState.CHECKED, BatchState.CANCELLED},
        BatchState.CHECKED: {BatchState.CHECKED, BatchState.IMPORTING, BatchState.CANCELLED},
        BatchState.IMPORTING: {BatchState.IMPORTED},
        BatchState.IMPORTED: {BatchState.UNDOING},
        BatchState.UNDOING: {BatchState.UNDONE},
    },
)
OPEN_BATCHES = frozenset({BatchState.RECEIVED, BatchState.CHECKED, BatchState.IMPORTING, BatchState.UNDOING})
"""Imports that somebody, or a worker, has not done with."""


class CouponKind(StrEnum):
    """How a coupon lowers a price: by a sum, by a share of it, or by a sum once enough is spent."""

    FIXED = "fixed"
    PERCENTAGE = "percentage"
    SPEND_AND_SAVE = "spend_and_save"


class Carrier(StrEnum):
    """Who goes without the discount: the merchant, who sells for less, or the platform, which makes it up."""

    MERCHANT = "merchant"
    PLATFORM = "platform"


PLATFORM_CARRIES = frozenset({SettlementMode.OWN_SUPPLY, SettlementMode.PLATFORM_PAYOUT})
"""Only where the platform holds a merchant's money can it add to it."""


class CouponStatus(StrEnum):
    """A paused coupon is refused for a while; one that was ended stays so. Uses that stand go on."""

    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


COUPON: Machine[CouponStatus] = Machine(
    start=CouponStatus.ACTIVE,
    moves={
        CouponStatus.ACTIVE: {CouponStatus.PAUSED, CouponStatus.ENDED},
        CouponStatus.PAUSED: {CouponStatus.ACTIVE, CouponStatus.ENDED},
    },
)


class UseState(StrEnum):
    """A use of a coupon: reserved with the order, redeemed with its money, returned when either is gone."""

    RESERVED = "reserved"
    REDEEMED = "redeemed"
    RETURNED = "returned"


COUPON_USE: Machine[UseState] = Machine(
    start=UseState.RESERVED,
    moves={
        UseState.RESERVED: {UseState.REDEEMED, UseState.RETURNED},
        UseState.REDEEMED: {UseState.RETURNED},
        UseState.RETURNED: {UseState.RESERVED},  # money that came late, or a refund that bounced
    },
)
LIVE_USES = frozenset({UseState.RESERVED, UseState.REDEEMED})
"""Uses that count against the limits."""


class CodeBatchState(StrEnum):
    """Codes of a coupon that are made in bulk: while there are some to come, and when all are there."""

    GENERATING = "generating"
    GENERATED = "generated"


CODE_BATCH: Machine[CodeBatchState] = Machine(
    start=CodeBatchState.GENERATING, moves={CodeBatchState.GENERATING: {CodeBatchState.GENERATED}}
)


class PlanStatus(StrEnum):
    """Only a live plan is sold. An archived one goes on for those who have it, and may come back."""

    DRAFT = "draft"
    LIVE = "live"
    ARCHIVED = "archived"


PLAN: Machine[PlanStatus] = Machine(
    start=PlanStatus.DRAFT,
    moves={
        PlanStatus.DRAFT: {PlanStatus.LIVE, PlanStatus.ARCHIVED},
        PlanStatus.LIVE: {PlanStatus.ARCHIVED},
        PlanStatus.ARCHIVED: {PlanStatus.DRAFT, PlanStatus.LIVE},
    },
)


class GrantKind(StrEnum):
    """Why a time was granted: to try it, because it was paid, or as a present."""

    TRIAL = "trial"
    PAID = "paid"
    FREE = "free"


class EntitlementState(StrEnum):
    """How an entitlement stands at a moment. It is computed, never stored, so that it is never stale."""

    ACTIVE = "active"
    GRACE = "grace"  # the time is over and not paid yet; it stays on for a few days
    OFF = "off"  # not begun, over, or suspended; it may come back
    REVOKED = "revoked"  # taken back for good
