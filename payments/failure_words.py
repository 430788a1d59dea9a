"""What a merchant reads of a failure: its name, and what to do about it. Pure."""

from collections.abc import Mapping

from kernel.errors import said

from .failures import Failure

NAMES: Mapping[str, str] = {
    Failure.NOT_PAID_IN_TIME: said("Not paid in time"),
    Failure.REPLACED: said("Given up"),
    Failure.INSUFFICIENT_FUNDS: said("Balance too low"),
    Failure.LIMIT_EXCEEDED: said("Above a limit"),
    Failure.ISSUER_DECLINED: said("Declined by the bank"),
    Failure.AUTH_FAILED: said("Not authenticated"),
    Failure.WALLET_RESTRICTED: said("Wallet restricted"),
    Failure.RISK_BLOCKED_CHANNEL: said("Stopped by the channel"),
    Failure.CHANNEL_ERROR: said("Channel error"),
    Failure.CHANNEL_TIMEOUT: said("No answer from the channel"),
    Failure.CHANNEL_CONFIG: said("Channel not set up right"),
    "amount_mismatch": said("Money that does not fit"),
    Failure.AMOUNT_MISMATCH: said("Money that does not fit"),
    Failure.UNKNOWN: said("Not sorted yet"),
}

ADVICE: Mapping[str, str] = {
    Failure.NOT_PAID_IN_TIME: said("Nothing to mend. The buyer can order again; the keys are on the shelf."),
    Failure.REPLACED: said("Nothing to mend: look at the next attempt, if there is one."),
    Failure.INSUFFICIENT_FUNDS: said("Ask the buyer to pay another way, or from another account."),
    Failure.LIMIT_EXCEEDED: said("Ask the buyer to pay another way or in smaller orders."),
    Failure.ISSUER_DECLINED: said("Only the bank knows why: the buyer asks it, or uses another card."),
    Failure.AUTH_FAILED: said("Ask the buyer to try again and to finish what their bank asks for."),
    Failure.WALLET_RESTRICTED: said("Ask the buyer to use another wallet or another account."),
    Failure.RISK_BLOCKED_CHANNEL: said("Do not press the buyer to repeat it; another way to pay may do."),
    Failure.CHANNEL_ERROR: said("Ask the buyer to try again in a few minutes."),
    Failure.CHANNEL_TIMEOUT: said("Wait: we ask until it is known, and the buyer is never charged twice."),
    Failure.CHANNEL_CONFIG: said("Tell the platform: no buyer can pay this way until it is set right."),
    "amount_mismatch": said("Nothing to do for you: the platform finds out where the money belongs."),
    Failure.AMOUNT_MISMATCH: said("Nothing to do for you: the platform finds out where the money belongs."),
    Failure.UNKNOWN: said("Tell the platform the code, so that it is sorted."),
}
