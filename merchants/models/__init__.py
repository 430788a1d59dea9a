"""The tables of merchants, a noun a file."""

from .api_key import ApiKey
from .coupon import Coupon, CouponCode, CouponProduct, CouponUse
from .coupon_batch import CodeBatch
from .member import Invitation, Member
from .merchant import Licence, Merchant
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
    "Invitation",
    "Licence",
    "Member",
    "Merchant",
    "PriceTier",
    "Product",
    "StockBatch",
    "StockItem",
    "Store",
    "UploadChunk",
    "User",
]
