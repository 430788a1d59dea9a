"""What an API key may do. No Django."""

from collections.abc import Mapping
from enum import StrEnum

from kernel.errors import said

from .roles import PERMISSIONS, Permission, Role


class Scope(StrEnum):
    """One thing that a key may or may not do; what reads keys of buyers stands apart."""

    PRODUCTS_READ = "products:read"
    PRODUCTS_WRITE = "products:write"
    PLANS_READ = "plans:read"
    PLANS_WRITE = "plans:write"
    ENTITLEMENTS_READ = "entitlements:read"
    SUBSCRIPTIONS_READ = "subscriptions:read"
    SUBSCRIPTIONS_WRITE = "subscriptions:write"
    COUPONS_READ = "coupons:read"
    COUPONS_WRITE = "coupons:write"
    STOCK_READ = "stock:read"
    STOCK_WRITE = "stock:write"
    ORDERS_READ = "orders:read"
    ORDERS_WRITE = "orders:write"
    KEYS_READ = "keys:read"
    PAYMENTS_READ = "payments:read"
    REFUNDS_READ = "refunds:read"
    REFUNDS_WRITE = "refunds:write"
    BALANCE_READ = "balance:read"
    SETTLEMENTS_READ = "settlements:read"
    PAYOUTS_READ = "payouts:read"
    EVENTS_READ = "events:read"
    WEBHOOKS_READ = "webhooks:read"
    WEBHOOKS_WRITE = "webhooks:write"
    SANDBOX_READ = "sandbox:read"
    SANDBOX_WRITE = "sandbox:write"


_S = Scope

NAMES: Mapping[Scope, str] = {
    _S.PRODUCTS_READ: said("See products"),
    _S.PRODUCTS_WRITE: said("Make and change products"),
    _S.PLANS_READ: said("See plans of memberships"),
    _S.PLANS_WRITE: said("Make, publish and archive plans"),
    _S.ENTITLEMENTS_READ: said("Check memberships"),
    _S.SUBSCRIPTIONS_READ: said("See subscriptions, their invoices and revenue"),
    _S.SUBSCRIPTIONS_WRITE: said("Start, change, pause and cancel subscriptions"),
    _S.COUPONS_READ: said("See coupons, their codes and uses"),
    _S.COUPONS_WRITE: said("Make and change coupons and codes"),
    _S.STOCK_READ: said("See imports of stock"),
    _S.STOCK_WRITE: said("Import stock, undo imports"),
    _S.ORDERS_READ: said("See orders"),
    _S.ORDERS_WRITE: said("Place and cancel orders"),
    _S.KEYS_READ: said("Read the keys of delivered orders"),
    _S.PAYMENTS_READ: said("See payments"),
    _S.REFUNDS_READ: said("See refunds"),
    _S.REFUNDS_WRITE: said("Refund money"),
    _S.BALANCE_READ: said("See the balance and its lines"),
    _S.SETTLEMENTS_READ: said("See settlements"),
    _S.PAYOUTS_READ: said("See payouts"),
    _S.EVENTS_READ: said("See events"),
    _S.WEBHOOKS_READ: said("See webhook endpoints and deliveries"),
    _S.WEBHOOKS_WRITE: said("Make and change webhook endpoints, send again"),
    _S.SANDBOX_READ: said("Read the sandbox's clock"),
    _S.SANDBOX_WRITE: said("Move the sandbox's clock forward"),
}

_NEEDS: Mapping[Scope, Permission] = {
    _S.PRODUCTS_WRITE: Permission.MANAGE_PRODUCTS,
    _S.PLANS_WRITE: Permission.MANAGE_PRODUCTS,
    _S.SUBSCRIPTIONS_READ: Permission.VIEW_SUBSCRIPTIONS,
    _S.SUBSCRIPTIONS_WRITE: Permission.MANAGE_SUBSCRIPTIONS,
    _S.COUPONS_READ: Permission.VIEW_COUPONS,
    _S.COUPONS_WRITE: Permission.MANAGE_COUPONS,
    _S.STOCK_WRITE: Permission.IMPORT_STOCK,
    _S.KEYS_READ: Permission.REVEAL_KEYS,
    _S.REFUNDS_WRITE: Permission.REFUND,
    _S.BALANCE_READ: Permission.VIEW_BALANCE,
    _S.SETTLEMENTS_READ: Permission.VIEW_BALANCE,
    _S.PAYOUTS_READ: Permission.VIEW_BALANCE,
    _S.WEBHOOKS_READ: Permission.MANAGE_WEBHOOKS,
    _S.WEBHOOKS_WRITE: Permission.MANAGE_WEBHOOKS,
}

SENSITIVE = frozenset({_S.SUBSCRIPTIONS_WRITE, _S.KEYS_READ, _S.REFUNDS_WRITE, _S.WEBHOOKS_WRITE})
"""What a new key has only where somebody says so."""

OF_SANDBOX = frozenset({_S.SANDBOX_READ, _S.SANDBOX_WRITE})
"""What a key of the live book has no use for."""


def grantable(role: Role, *, is_sandbox: bool) -> frozenset[Scope]:
    """What a member may give a key: in the live book nothing that the member's own role may not do."""
    if is_sandbox:
        return frozenset(Scope)
    held = PERMISSIONS[role]
    return frozenset(scope for scope in Scope if scope not in _NEEDS or _NEEDS[scope] in held) - OF_SANDBOX
