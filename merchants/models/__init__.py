"""The tables of merchants, a noun a file."""

from .api_key import ApiKey
from .coupon import Coupon, CouponCode, CouponProduct, CouponUse
from .coupon_batch import CodeBatch
from .entitlement import Entitlement, EntitlementGrant
from .member import Invitation, Member
from .merchant import Licence, Merchant
from .plan import Plan, PlanPrice, PlanVersion
from .product import PriceTier, Product
from .stock import StockBatch, StockItem, UploadChunk
from .store import Store
from .user import User

__all__ = [
    "ApiKey",
    "CodeBatch",
    "Coupon",
    "CouponCode",
    "CouponProduct",
    "CouponUse",
    "Entitlement",
    "EntitlementGrant",
    "Invitation",
    "Licence",
    "Member",
    "Merchant",
    "Plan",
    "PlanPrice",
    "PlanVersion",
    "PriceTier",
    "Product",
    "StockBatch",
    "StockItem",
    "Store",
    "UploadChunk",
    "User",
]
