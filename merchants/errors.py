"""What merchants' services refuse."""

from kernel.errors import Problem, said


class NotForSale(Problem):
    """The product is not live, its store is closed, or its merchant is suspended."""

    code, status, title = "merchants.not_for_sale", 409, said("This product is not on sale at the moment.")
    advice = said("You have not been charged. Have a look at the store's other products.")


class BadQuantity(Problem):
    """`least` and `most` are the bounds of the product."""

    code, status = "merchants.bad_quantity", 400
    title = said("Please choose a quantity between {least} and {most}.")
    advice = said("You have not been charged.")


class OutOfStock(Problem):
    """Fewer than asked for can be reserved now: `left`."""

    code, status, title = "merchants.out_of_stock", 409, said("Only {left} left in stock.")
    advice = said("You have not been charged. Choose a smaller quantity or come back later.")


class SoldOut(OutOfStock):
    """None is left at all."""

    title = said("This is sold out.")
    advice = said("You have not been charged. Come back later, or have a look at the store's other products.")


class SlugTaken(Problem):
    """Another product of the store has this address."""

    code, status = "merchants.slug_taken", 409
    title = said("Another product of this store has the address {slug}.")
    advice = said("Nothing was changed. Choose another one.")


class TiersNotFalling(Problem):
    """A price for more pieces must be below the price for fewer."""

    code, status = "merchants.tiers_not_falling", 400
    title = said("From {quantity} on, the price must be below the price of the step before.")
    advice = said("Nothing was changed. Correct the quantity prices and save again.")


class UploadRefused(Problem):
    """The upload as a whole cannot be read. `why` is a translated sentence's key in UPLOAD_REASONS."""

    code, status, title = "merchants.upload_refused", 400, said("This file cannot be imported.")
    advice = said("Nothing was imported. Save it as a text file in UTF-8 with one key a line.")


class UploadTooLarge(UploadRefused):
    """`most_mb` megabytes or `most_lines` lines is the limit."""

    code, status = "merchants.upload_too_large", 413
    title = said("The file is above {most_mb} MB or {most_lines} lines.")
    advice = said("Nothing was imported. Split it into several files.")


class UploadNotText(UploadRefused):
    """The content is binary, a spreadsheet or an archive."""

    code, status = "merchants.upload_not_text", 400
    title = said("This is not a text file.")
    advice = said("Nothing was imported. From a spreadsheet, save as CSV first.")


class UploadEmpty(UploadRefused):
    """There is no line with a key in it."""

    code, status, title = "merchants.upload_empty", 400, said("There is no key in it.")
    advice = said("Nothing was imported. Paste keys or choose a file with one key a line.")


class BatchSold(Problem):
    """An import of which `taken` keys are reserved, sold or void cannot be undone."""

    code, status = "merchants.batch_sold", 409
    title = said("{taken} keys of this import are reserved, sold or void already, so it cannot be undone.")
    advice = said("Nothing was changed. Void single keys instead.")


class LastOwner(Problem):
    """A team keeps at least one owner."""

    code, status, title = "merchants.last_owner", 409, said("A team keeps at least one owner.")
    advice = said("Nothing was changed. Make somebody else an owner first.")


class AlreadyMember(Problem):
    """The person is in the team."""

    code, status, title = "merchants.already_member", 409, said("This person is in the team already.")
    advice = said("Nothing was changed. Change the role in the list instead.")


class InvitationGone(Problem):
    """The link was used, has run out, or was taken back; the cases look alike on purpose."""

    code, status, title = "merchants.invitation_gone", 404, said("This invitation is no longer valid.")
    advice = said("Ask the person who invited you for a new one.")


class ReasonMissing(Problem):
    """What is done for a reason needs the reason."""

    code, status, title = "merchants.reason_missing", 400, said("Please give a reason.")
    advice = said("Nothing was changed.")


class SandboxOnly(Problem):
    """Only a sandbox twin has a clock of its own."""

    code, status, title = "merchants.sandbox_only", 403, said("Only the sandbox has a clock of its own.")
    advice = said("Nothing was changed. Open the sandbox, or use a key that begins with kw_test_.")


class ClockBehind(Problem):
    """A twin's clock goes forward only."""

    code, status = "merchants.clock_behind", 409
    title = said("The sandbox's clock shows a later time already; it never goes back.")
    advice = said("Nothing was changed. Choose a later time.")


class ClockTooFar(Problem):
    """A twin's clock runs at most `years` ahead of the world's."""

    code, status = "merchants.clock_too_far", 409
    title = said("The sandbox's clock can run at most {years} years ahead.")
    advice = said("Nothing was changed. Choose an earlier time.")


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


class PlanSlugTaken(SlugTaken):
    """Another plan of the product has this address."""

    title = said("Another plan of this membership has the address {slug}.")


class NoKeysHere(Problem):
    """A membership has no keys."""

    code, status, title = "merchants.no_keys_here", 409, said("A membership has no keys.")
    advice = said("Nothing was imported. Choose a product of card keys.")


class NotAMembership(Problem):
    """Only a membership has plans."""

    code, status, title = "merchants.not_a_membership", 409, said("Only a membership has plans.")
    advice = said("Nothing was changed. Make a product of the kind membership.")


class NotYetSold(Problem):
    """Nothing in this installation sells products of this kind."""

    code, status, title = "merchants.kind_not_sold", 409, said("Memberships cannot be sold here yet.")
    advice = said("Nothing was changed. You can prepare its plans; put it on sale later.")


class PlanMissing(Problem):
    """A membership goes on the shelf with a plan that is sold."""

    code, status = "merchants.plan_missing", 409
    title = said("A membership needs a published plan before it is put on sale.")
    advice = said("Nothing was changed. Make a plan and publish it first.")


class LastPlan(Problem):
    """A membership on the shelf keeps one plan."""

    code, status = "merchants.last_plan", 409
    title = said("This is the only plan of a membership that is on sale.")
    advice = said("Nothing was changed. Publish another plan first, or take the membership off the shelf.")


class NoDraft(Problem):
    """There is no draft to be published or thrown away."""

    code, status, title = "merchants.no_draft", 409, said("This plan has no draft.")
    advice = said("Nothing was changed. Write a new version first.")


class PlanIsArchived(Problem):
    """An archived plan is brought back before anything of it is published."""

    code, status, title = "merchants.plan_archived", 409, said("This plan is archived.")
    advice = said("Nothing was changed. Bring it back first.")


class CurrencyNotSold(Problem):
    """A plan has no price in the currency that was asked for."""

    code, status = "merchants.currency_not_sold", 400
    title = said("This plan has no price in {currency}.")
    advice = said("You have not been charged. Choose another currency.")
