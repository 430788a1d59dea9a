"""Refusals of the sale."""

from kernel.errors import NotFound, Problem, said
from merchants.coupon_errors import CouponRefused


class OrderNotFound(NotFound):
    """No order carries this token or number, or it is another merchant's."""

    code, title = "payments.order_not_found", said("We cannot find this order.")


class FormReused(Problem):
    """The form was sent before, with other content."""

    code, status, title = "payments.form_reused", 409, said("This form was sent before with other values.")
    advice = said("Nothing was bought twice. Open the product page again to buy something else.")


class TooManyUnpaid(Problem):
    """The buyer keeps too many keys from others without paying."""

    code, status, title = "payments.too_many_unpaid", 429, said("You have unpaid orders in this store.")
    advice = said("Pay or cancel one of them, or wait until it expires.")


class HoldsTooMuch(Problem):
    """The buyer would hold more of the product's free keys unpaid than one buyer may."""

    code, status = "payments.holds_too_much", 429
    title = said("Your unpaid orders already hold as many of these as one buyer may.")
    advice = said("Nothing was charged. Pay or cancel one of them, or order fewer.")


class NoMoreTime(Problem):
    """The order was given more time as often as it may be, or its keys are what others wait for."""

    code, status, title = "payments.no_more_time", 409, said("This order cannot be given more time.")
    advice = said("It keeps its keys until the time shown, and can be paid until then.")


class RiskRefused(Problem):
    """Risk decided against the order; the buyer is not told why."""

    code, status = "payments.risk_refused", 403
    title = said("This order cannot be placed right now.")
    advice = said("Nothing was charged. Try another payment method or contact the seller.")


class MethodUnavailable(Problem):
    """No channel account of the merchant takes this method, currency or amount."""

    code, status, title = "payments.method_unavailable", 409, said("This payment method cannot be used here.")
    advice = said("Nothing was charged. Choose another payment method.")


class PriceChanged(Problem):
    """The buyer agreed to another total than the catalogue's."""

    code, status, title = "payments.price_changed", 409, said("The price is now {total}.")
    advice = said("Nothing was charged. Look at the new price and send the form again.")


class NotPayable(Problem):
    """The order does not wait for a payment."""

    code, status, title = (
        "payments.not_payable",
        409,
        said("This order cannot be paid any more: it is {state}."),
    )
    advice = said("Nothing was charged. Reload the page to see how it stands now.")


class RefundTooLarge(Problem):
    """More would go back than came in. `left` is what still can, as Money."""

    code, status, title = "payments.refund_too_large", 409, said("At most {left} can still be refunded.")
    advice = said("Nothing was changed. Choose a smaller amount.")


class NothingLeft(RefundTooLarge):
    """All that came has gone back, or is on its way."""

    title = said("Nothing is left to refund.")
    advice = said("Nothing was changed. All of this payment has gone back, or is on its way back.")


class NotRefundable(Problem):
    """The payment never succeeded, or it is not the order's."""

    code, status, title = "payments.not_refundable", 409, said("This payment cannot be refunded.")
    advice = said("Nothing was changed.")


class Disputed(NotRefundable):
    """The buyer's bank has taken the payment's money, for now or for good."""

    code = "payments.disputed"
    title = said("This payment is disputed: the buyer's bank has its money.")
    advice = said("Nothing was changed. A refund now would give the buyer the money twice.")


class NotHeld(Problem):
    """Nobody's review waits on this order."""

    code, status, title = "payments.not_held", 409, said("This order is not held for review.")
    advice = said("Nothing was changed. Reload the page to see how it stands now.")


class NotDelivered(Problem):
    """There is nothing to show: the keys were not delivered."""

    code, status, title = "payments.not_delivered", 409, said("This order has not been delivered.")
    advice = said("Reload the page to see how it stands now.")


class KeysWithheld(Problem):
    """Nobody has looked at the keys, and what was paid for them is gone."""

    code, status, title = (
        "payments.keys_withheld",
        409,
        said("What was paid for this order went back, so its keys stay with the shop."),
    )
    advice = said("Nothing was shown. Reload the page to see how the order stands now.")


class StrangeBrowser(Problem):
    """The order is older than a day and this browser has not proved that it is the buyer's."""

    code, status, title = (
        "payments.strange_browser",
        403,
        said("This browser has not opened this order before."),
    )
    advice = said("Have the link mailed to the order's address and open it from there.")


class NotRetriable(Problem):
    """The refund did not fail, was tried too often, or what it would give back now is not what was agreed."""

    code, status, title = "payments.not_retriable", 409, said("This refund cannot be tried again.")
    advice = said("Nothing was changed. Reload the page to see how it stands now.")


class ChannelSilent(Problem):
    """The channel had to be asked first, and did not say."""

    code, status, title = (
        "payments.channel_silent",
        502,
        said("The channel did not say how this refund stands."),
    )
    advice = said("Nothing was sent and nothing was changed. Try again in a few minutes.")


class AccountTaken(Problem):
    """The merchant has an active account at this channel already."""

    code, status = "payments.account_taken", 409
    title = said("The merchant has an active account at this channel.")
    advice = said("Nothing was changed. Pause that one first.")


class NotReplayable(Problem):
    """The notice was applied already, or says nothing that could be."""

    code, status = "payments.not_replayable", 409
    title = said("This notice cannot be judged again.")
    advice = said("Only one that says that a payment succeeded, and was not applied, can be.")


class TooManyGuesses(CouponRefused):
    """Too many codes that are not there came from one network: none is read for `seconds`."""

    code, status = "coupons.too_many_guesses", 429
    title = said(
        "Too many wrong codes came from your network."
        " Try again in {seconds} seconds, or order without a code."
    )
