"""Refusals of the ledger."""

from kernel.errors import Problem, said


class AlreadyPosted(Problem):
    """There is a transaction under this reference. `context["references"]` names those that are taken."""

    code, status, title = "ledger.already_posted", 409, said("This has been posted before.")
    advice = said("Nothing was posted twice.")


class BalanceTooLow(Problem):
    """A guarded leg would take its account below zero, now or later. `context["short"]` is what lacks."""

    code, status = "ledger.balance_too_low", 409
    title = said("The available balance is too low: {short} is missing.")
    advice = said("Nothing was moved. Try a smaller amount, or wait until pending money is available.")


class ReversalTooLarge(Problem):
    """More would be taken back than was posted."""

    code, status, title = "ledger.reversal_too_large", 409, said("More would be taken back than was booked.")
    advice = said("Nothing was moved.")


class Malformed(Problem):
    """A posting that no ledger takes: a mistake in the program. `context["why"]` names it."""

    code, status, title = "ledger.malformed", 500, said("The booking is not well formed.")
    advice = said("Nothing was moved. We have been told.")
