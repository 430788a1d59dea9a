"""Whether the platform may pay a merchant out. The database decides again, in a trigger."""

from zoneinfo import ZoneInfo

from kernel import clock
from merchants.models import Merchant
from merchants.states import SettlementMode

from ..errors import NotPermitted


def is_permitted(merchant: Merchant) -> bool:
    """Mode `platform_payout`, and a licence in force on the merchant's day that covers its country."""
    licence = merchant.licence
    day = clock.now(merchant).astimezone(ZoneInfo(merchant.time_zone)).date()
    return (
        merchant.settlement_mode == SettlementMode.PLATFORM_PAYOUT
        and licence is not None
        and licence.jurisdiction == merchant.country
        and licence.is_in_force(day)
    )


def require(merchant: Merchant) -> None:
    """Raise NotPermitted unless the platform may pay this merchant out now."""
    if not is_permitted(merchant):
        raise NotPermitted(mode=merchant.settlement_mode, country=merchant.country)
