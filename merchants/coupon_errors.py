"""What coupons and their codes refuse."""

from kernel.errors import Problem, said


class CouponRefused(Problem):
    """A code that was typed does not lower this price: `code`. Each reason has words of its own."""

    code, status, title = "coupons.refused", 409, said("The code {code} cannot be used here.")
    advice = said("You have not been charged. Correct the code, or leave it out and pay the full price.")


class CouponUnknown(CouponRefused):
    """No such code with this merchant, or one that is another buyer's: the two look alike on purpose."""

    code, title = "coupons.unknown", said("There is no code {code} here.")


class CouponNotYet(CouponRefused):
    """Its time begins later."""

    code, title = "coupons.not_yet", said("The code {code} is not valid yet.")


class CouponPaused(CouponRefused):
    """Its merchant, or who carries it, has taken it out of use for now."""

    code, title = "coupons.paused", said("The code {code} is not valid at the moment.")


class CouponExpired(CouponRefused):
    """Its time is over."""

    code, title = "coupons.expired", said("The code {code} has expired.")


class CouponUsedUp(CouponRefused):
    """All its uses are taken; one that is not paid for comes back."""

    code, title = "coupons.used_up", said("The code {code} has been used up.")


class CouponUsedByYou(CouponRefused):
    """This buyer has used it as often as one may."""

    code, title = "coupons.used_by_you", said("You have used the code {code} as often as one may.")


class CouponMinimum(CouponRefused):
    """Too little is spent: `missing` more would do."""

    code, title = "coupons.minimum", said("The code {code} needs an order of {missing} more.")


class CouponNotForThis(CouponRefused):
    """It is for other products, another store or another currency."""

    code, title = "coupons.not_for_this", said("The code {code} is not for this product.")


class CouponFirstOrder(CouponRefused):
    """It is for somebody's first order, and this buyer has paid one."""

    code, title = "coupons.first_order", said("The code {code} is for a first order only.")


class CouponNotTogether(CouponRefused):
    """It, or one beside it, is not used together with others."""

    code, title = "coupons.not_together", said("The code {code} cannot be used together with another.")


class CouponIdle(CouponRefused):
    """There is nothing left that it could take off."""

    code, title = "coupons.idle", said("The code {code} takes nothing more off this price.")


class TooManyCodes(CouponRefused):
    """More codes than `most` on one order."""

    code, status, title = "coupons.too_many", 400, said("At most {most} codes can be used on one order.")


class CodeTaken(Problem):
    """Another code of the merchant reads the same."""

    code, status, title = "coupons.code_taken", 409, said("The code {code} exists already.")
    advice = said("Nothing was changed. Choose another one.")

    def __init__(self, code: str) -> None:
        super().__init__(code=code, errors={"code": [said("This code exists already. Choose another one.")]})


class CouponTermsFixed(Problem):
    """What a used coupon promises stays so: `errors` names the fields."""

    code, status = "coupons.terms_fixed", 409
    title = said("This coupon has been used: what it promises stays as it is.")
    advice = said("Nothing was changed. End it and make another one of the new terms.")


class CouponOfPlatform(Problem):
    """A coupon that the platform carries is made and changed by its operators."""

    code, status = "coupons.of_platform", 403
    title = said("The platform carries this coupon, and only the platform changes it.")
    advice = said("Nothing was changed.")


class CouponEnded(Problem):
    """Nothing is added to a coupon that was ended."""

    code, status, title = "coupons.ended", 409, said("This coupon was ended.")
    advice = said("Nothing was changed. Make another one.")
