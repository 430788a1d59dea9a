"""Refusals of settlement."""

from kernel.errors import Problem, said


class BadPlan(Problem):
    """The figures are not a fee plan."""

    code, status, title = "settlement.bad_plan", 400, said("The fee plan cannot be used: {why}.")
    advice = said("Nothing was changed. Correct the figures and send them again.")


class BadSchedule(Problem):
    """The figures are not a settlement schedule."""

    code, status = "settlement.bad_schedule", 400
    title = said("The settlement schedule cannot be used: {why}.")
    advice = said("Nothing was changed. Correct the figures and send them again.")


class BadBankAccount(Problem):
    """The particulars are not a bank account."""

    code, status = "settlement.bad_bank_account", 400
    title = said("The bank account cannot be used: {why}.")
    advice = said("Nothing was changed. Correct the particulars and send them again.")


class ReasonMissing(Problem):
    """A deed of an operator needs a reason."""

    code, status, title = "settlement.reason_missing", 400, said("A reason is missing.")
    advice = said("Nothing was changed. Say why, and send it again.")


class TooEarly(Problem):
    """The end of the period lies ahead."""

    code, status, title = "settlement.too_early", 409, said("This period has not ended yet.")
    advice = said("Nothing was changed. Wait until the period is over.")


class AccountBusy(Problem):
    """The ledger account could not be closed: it was posted to all the time."""

    code, status, title = "settlement.account_busy", 409, said("The account is busy at the moment.")
    advice = said("Nothing was changed. It is closed by itself in a moment.")


class NotPermitted(Problem):
    """The merchant's settlement mode or licence forbids payouts by the platform."""

    code, status = "settlement.not_permitted", 409
    title = said("The platform may not pay this merchant out: its mode or its licence does not allow it.")
    advice = said("No money was moved. Record a licence in force that covers the merchant's country first.")


class NothingToPay(Problem):
    """A statement's balance cannot be paid out. `why` says what stands against it."""

    code, status, title = "settlement.nothing_to_pay", 409, said("No payout can be drafted: {why}.")
    advice = said("No money was moved. The balance is carried forward into the next statement.")


class SamePerson(Problem):
    """Drafting and the two approvals take three different people."""

    code, status = "settlement.same_person", 403
    title = said("Whoever drafted or approved a payout cannot approve it again.")
    advice = said("Nothing was changed. Ask another operator.")


class AccountChangedByYou(Problem):
    """Who changed the bank account within three days may not approve a payout to it."""

    code, status = "settlement.account_changed_by_you", 403
    title = said("You changed this bank account less than 72 hours ago, so you cannot approve this.")
    advice = said("Nothing was changed. Ask another operator.")


class ProofTooOld(Problem):
    """The second factor was not shown within five minutes."""

    code, status, title = "settlement.proof_too_old", 403, said("Please show your code again.")
    advice = said("Nothing was changed. Enter a code of your authenticator and approve once more.")


class NotAnOperator(Problem):
    """Only operators who are active decide on payouts."""

    code, status, title = "settlement.not_an_operator", 403, said("Only an operator can do this.")
    advice = said("Nothing was changed.")


class AccountInactive(Problem):
    """The bank account is not confirmed, or was retired."""

    code, status, title = "settlement.account_inactive", 409, said("The bank account is not in use.")
    advice = said("No money was moved. Confirm the account, or cancel the payout.")


class NoRail(Problem):
    """There is no way to the bank in this book."""

    code, status, title = "settlement.no_rail", 503, said("No bank connection is set up.")
    advice = said("No money was moved. Add the credentials of the bank first.")


class RailRefused(Problem):
    """The credentials of a bank connection cannot work, whatever the bank would say."""

    code, status, title = "settlement.rail_refused", 400, said("The bank connection cannot be used: {why}.")
    advice = said("Nothing was changed. Correct the settings and save them again.")
