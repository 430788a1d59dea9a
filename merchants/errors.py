"""What merchants' services refuse; what coupons refuse stands in `coupon_errors`."""

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
