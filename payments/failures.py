"""Why an attempt was not paid: a channel's code → a reason that a merchant can act on. Pure."""

from datetime import datetime
from enum import StrEnum

from kernel.errors import said

from .states import AttemptState


class Failure(StrEnum):
    """One word for a reason."""

    NOT_PAID_IN_TIME = "not_paid_in_time"
    REPLACED = "replaced"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    LIMIT_EXCEEDED = "limit_exceeded"
    ISSUER_DECLINED = "issuer_declined"
    AUTH_FAILED = "auth_failed"
    WALLET_RESTRICTED = "wallet_restricted"
    RISK_BLOCKED_CHANNEL = "risk_blocked_channel"
    CHANNEL_ERROR = "channel_error"
    CHANNEL_TIMEOUT = "channel_timeout"
    CHANNEL_CONFIG = "channel_config"
    AMOUNT_MISMATCH = "amount_mismatch"
    UNKNOWN = "unknown"

    @property
    def sentence(self) -> str:
        """What a merchant reads, in English; faces translate it."""
        return _SENTENCES[self]


_SENTENCES = {
    Failure.NOT_PAID_IN_TIME: said("The buyer did not pay in time."),
    Failure.REPLACED: said("The buyer gave it up or chose another way to pay."),
    Failure.INSUFFICIENT_FUNDS: said("The buyer's balance was too low."),
    Failure.LIMIT_EXCEEDED: said("The amount is above a limit of the buyer or of the account."),
    Failure.ISSUER_DECLINED: said("The buyer's bank declined."),
    Failure.AUTH_FAILED: said("The buyer could not be authenticated."),
    Failure.WALLET_RESTRICTED: said("The buyer's wallet may not pay this account."),
    Failure.RISK_BLOCKED_CHANNEL: said("The channel's own risk control stopped it."),
    Failure.CHANNEL_ERROR: said("The channel had an error; another attempt may succeed."),
    Failure.CHANNEL_TIMEOUT: said("The channel has not answered yet; it is being asked."),
    Failure.CHANNEL_CONFIG: said("The channel account is not set up right: check its settings."),
    Failure.AMOUNT_MISMATCH: said(
        "Money came that does not fit: another currency, or a transaction that has paid something else. It is"
        " not booked; the platform looks into it."
    ),
    Failure.UNKNOWN: said("The channel gave a code that is not sorted yet."),
}

_CODES = {
    # Our own words for money that the channel reports and that cannot be counted.
    "mismatch": Failure.AMOUNT_MISMATCH,
    "other_txn": Failure.AMOUNT_MISMATCH,
    "txn_used": Failure.AMOUNT_MISMATCH,
    "ACQ.BUYER_BALANCE_NOT_ENOUGH": Failure.INSUFFICIENT_FUNDS,
    "ACQ.BUYER_BANKCARD_BALANCE_NOT_ENOUGH": Failure.INSUFFICIENT_FUNDS,
    "ACQ.ERROR_BALANCE_PAYMENT_DISABLE": Failure.WALLET_RESTRICTED,
    "ACQ.BUYER_SELLER_EQUAL": Failure.WALLET_RESTRICTED,
    "ACQ.TRADE_BUYER_NOT_MATCH": Failure.WALLET_RESTRICTED,
    "ACQ.BUYER_ENABLE_STATUS_FORBID": Failure.WALLET_RESTRICTED,
    "ACQ.PAYMENT_AUTH_CODE_INVALID": Failure.AUTH_FAILED,
    "ACQ.TOTAL_FEE_EXCEED": Failure.LIMIT_EXCEEDED,
    "ACQ.BUYER_PAYMENT_AMOUNT_DAY_LIMIT_ERROR": Failure.LIMIT_EXCEEDED,
    "ACQ.BUYER_PAYMENT_AMOUNT_MONTH_LIMIT_ERROR": Failure.LIMIT_EXCEEDED,
    "ACQ.BEYOND_PAY_RESTRICTION": Failure.LIMIT_EXCEEDED,
    "ACQ.PAYMENT_REQUEST_HAS_RISK": Failure.RISK_BLOCKED_CHANNEL,
    "ACQ.PAYMENT_FAIL": Failure.ISSUER_DECLINED,
    "ACQ.ACCESS_FORBIDDEN": Failure.CHANNEL_CONFIG,
    "ACQ.INVALID_PARAMETER": Failure.CHANNEL_CONFIG,
    "ACQ.PARTNER_ERROR": Failure.CHANNEL_CONFIG,
    "ACQ.SELLER_BEEN_BLOCKED": Failure.CHANNEL_CONFIG,
    "ACQ.SYSTEM_ERROR": Failure.CHANNEL_ERROR,
    "20000": Failure.CHANNEL_ERROR,
    "20001": Failure.CHANNEL_CONFIG,
    "40001": Failure.CHANNEL_CONFIG,
    "40002": Failure.CHANNEL_CONFIG,
    "40006": Failure.CHANNEL_CONFIG,
    "isv.insufficient-isv-permissions": Failure.CHANNEL_CONFIG,
    "isv.invalid-app-id": Failure.CHANNEL_CONFIG,
    "isv.invalid-signature": Failure.CHANNEL_CONFIG,
    # Stripe: the bank's own code where it gave one, else Stripe's.
    "insufficient_funds": Failure.INSUFFICIENT_FUNDS,
    "withdrawal_count_limit_exceeded": Failure.LIMIT_EXCEEDED,
    "card_velocity_exceeded": Failure.LIMIT_EXCEEDED,
    "amount_too_large": Failure.LIMIT_EXCEEDED,
    "generic_decline": Failure.ISSUER_DECLINED,
    "card_declined": Failure.ISSUER_DECLINED,
    "do_not_honor": Failure.ISSUER_DECLINED,
    "lost_card": Failure.ISSUER_DECLINED,
    "pickup_card": Failure.ISSUER_DECLINED,
    "transaction_not_allowed": Failure.ISSUER_DECLINED,
    "revocation_of_authorization": Failure.ISSUER_DECLINED,
    "revocation_of_all_authorizations": Failure.ISSUER_DECLINED,
    "stop_payment_order": Failure.ISSUER_DECLINED,
    "highest_risk_level": Failure.RISK_BLOCKED_CHANNEL,
    "resource_missing": Failure.CHANNEL_CONFIG,
    "stolen_card": Failure.ISSUER_DECLINED,
    "expired_card": Failure.ISSUER_DECLINED,
    "incorrect_cvc": Failure.AUTH_FAILED,
    "incorrect_number": Failure.AUTH_FAILED,
    "authentication_required": Failure.AUTH_FAILED,
    "payment_intent_authentication_failure": Failure.AUTH_FAILED,
    "fraudulent": Failure.RISK_BLOCKED_CHANNEL,
    "merchant_blacklist": Failure.RISK_BLOCKED_CHANNEL,
    "processing_error": Failure.CHANNEL_ERROR,
    "payment_method_provider_decline": Failure.ISSUER_DECLINED,
    "amount_too_small": Failure.CHANNEL_CONFIG,
    "parameter_invalid_integer": Failure.CHANNEL_CONFIG,
    "parameter_missing": Failure.CHANNEL_CONFIG,
    "url_invalid": Failure.CHANNEL_CONFIG,
}


def explains(code: str) -> bool:
    """Whether a channel's code says why a buyer's try to pay did not succeed."""
    return code in _CODES


def of_code(code: str) -> Failure:
    """The reason that a channel's code names."""
    return _CODES.get(code, Failure.UNKNOWN)


def failure(
    state: AttemptState, code: str, *, expires_at: datetime, concluded_at: datetime | None
) -> Failure | None:
    """Why an attempt was not paid; None while it may be, or when it was."""
    match state:
        case AttemptState.CLOSED:
            if code in _CODES:
                return _CODES[code]
            in_time = concluded_at is not None and concluded_at < expires_at
            return Failure.REPLACED if in_time else Failure.NOT_PAID_IN_TIME
        case AttemptState.UNKNOWN:
            return Failure.CHANNEL_TIMEOUT
        case AttemptState.FAILED:
            return of_code(code)
    return None
