"""What a member of a merchant may do: roles, and the table that gives each its permissions. No Django."""

from collections.abc import Mapping
from enum import StrEnum

from kernel.errors import said


class Role(StrEnum):
    """What a member is to a merchant."""

    OWNER = "owner"
    ADMIN = "admin"
    STAFF = "staff"
    SUPPORT = "support"
    FINANCE = "finance"
    DEVELOPER = "developer"
    VIEWER = "viewer"


class Permission(StrEnum):
    """One thing that a role may or may not do. The sensitive ones stand apart from the plain ones."""

    VIEW_ORDERS = "view_orders"
    VIEW_PRODUCTS = "view_products"
    VIEW_COUPONS = "view_coupons"
    VIEW_SUBSCRIPTIONS = "view_subscriptions"
    VIEW_BALANCE = "view_balance"
    VIEW_TEAM = "view_team"
    MANAGE_STORE = "manage_store"
    MANAGE_PRODUCTS = "manage_products"
    MANAGE_COUPONS = "manage_coupons"
    MANAGE_SUBSCRIPTIONS = "manage_subscriptions"
    IMPORT_STOCK = "import_stock"
    REVEAL_KEYS = "reveal_keys"
    REFUND = "refund"
    MANAGE_TEAM = "manage_team"
    MANAGE_WEBHOOKS = "manage_webhooks"
    MANAGE_KEYS = "manage_keys"
    MOVE_CLOCK = "move_clock"
    REQUEST_PAYOUT = "request_payout"
    MANAGE_BANK_ACCOUNTS = "manage_bank_accounts"


_P = Permission
_LOOK = frozenset({_P.VIEW_ORDERS, _P.VIEW_PRODUCTS, _P.VIEW_COUPONS, _P.VIEW_SUBSCRIPTIONS, _P.VIEW_TEAM})
_SELL = _LOOK | {
    *(_P.MANAGE_STORE, _P.MANAGE_PRODUCTS, _P.MANAGE_COUPONS, _P.MANAGE_SUBSCRIPTIONS),
    _P.IMPORT_STOCK,
}

PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.OWNER: frozenset(Permission),
    Role.ADMIN: frozenset(Permission),
    Role.STAFF: _SELL,
    Role.SUPPORT: _LOOK | {_P.MANAGE_SUBSCRIPTIONS, _P.REVEAL_KEYS, _P.REFUND},
    Role.FINANCE: _LOOK | {_P.VIEW_BALANCE, _P.REFUND, _P.REQUEST_PAYOUT},
    Role.DEVELOPER: _LOOK | {_P.MANAGE_KEYS, _P.MANAGE_WEBHOOKS, _P.MOVE_CLOCK},
    Role.VIEWER: _LOOK,
}

NAMES: Mapping[Role, str] = {
    Role.OWNER: said("Owner"),
    Role.ADMIN: said("Admin"),
    Role.STAFF: said("Staff"),
    Role.SUPPORT: said("Support"),
    Role.FINANCE: said("Finance"),
    Role.DEVELOPER: said("Developer"),
    Role.VIEWER: said("Viewer"),
}

PERMISSION_NAMES: Mapping[Permission, str] = {
    _P.VIEW_ORDERS: said("Look at orders and refunds"),
    _P.VIEW_PRODUCTS: said("Look at products and stock"),
    _P.VIEW_COUPONS: said("Look at coupons and their codes"),
    _P.VIEW_SUBSCRIPTIONS: said("Look at subscriptions and recurring revenue"),
    _P.VIEW_BALANCE: said("Look at balance, settlements and payouts"),
    _P.VIEW_TEAM: said("See who is in the team"),
    _P.MANAGE_STORE: said("Change stores"),
    _P.MANAGE_PRODUCTS: said("Change products and prices"),
    _P.MANAGE_COUPONS: said("Make and change coupons, download their codes"),
    _P.MANAGE_SUBSCRIPTIONS: said("Change, pause, charge and end subscriptions"),
    _P.IMPORT_STOCK: said("Import keys and take bad ones away"),
    _P.REVEAL_KEYS: said("Show keys in plain text"),
    _P.REFUND: said("Give money back"),
    _P.MANAGE_TEAM: said("Invite, change roles, read the activity"),
    _P.MANAGE_WEBHOOKS: said("Manage webhooks and read events"),
    _P.MANAGE_KEYS: said("Make and revoke API keys"),
    _P.MOVE_CLOCK: said("Move the sandbox's clock forward"),
    _P.REQUEST_PAYOUT: said("Ask for payouts and call them off"),
    _P.MANAGE_BANK_ACCOUNTS: said("Change where payouts go"),
}
SENSITIVE = frozenset(
    {
        *(_P.MANAGE_SUBSCRIPTIONS, _P.REVEAL_KEYS, _P.REFUND, _P.MANAGE_TEAM, _P.MANAGE_KEYS),
        *(_P.REQUEST_PAYOUT, _P.MANAGE_BANK_ACCOUNTS),
    }
)
"""What shows secrets, moves money, or lets somebody else do so."""
