"""What subscriptions refuse."""

from kernel.errors import Problem, said


class PlanUnavailable(Problem):
    """The plan is not sold, not in this currency, or not in this number."""

    code, status, title = "subscriptions.plan_unavailable", 409, said("This plan is not available.")
    advice = said("Choose another plan.")


class TrialUsed(Problem):
    """One trial a buyer and product."""

    code, status, title = "subscriptions.trial_used", 409, said("You have had a trial of this already.")
    advice = said("Choose a plan without a trial.")


class TrialRefused(Problem):
    """Somebody would have to look at it first, and a trial has no order that could wait for that."""

    code, status, title = "subscriptions.trial_refused", 403, said("This trial cannot begin right now.")
    advice = said("Nothing was charged. Choose the plan without its trial, or contact the seller.")


class ConsentMissing(Problem):
    """Nobody is charged who has not agreed to it."""

    code, status = "subscriptions.consent_missing", 422
    title = said("Please agree to the later charges first.")


class NotPossible(Problem):
    """The subscription is not in a state in which this can be done."""

    code, status, title = (
        "subscriptions.not_possible",
        409,
        said("This cannot be done with the subscription now."),
    )
    advice = said("Nothing was changed. Reload the page to see how it stands now.")


class NothingChanges(Problem):
    """The plan and the quantity are those that it has."""

    code, status = "subscriptions.nothing_changes", 409
    title = said("The subscription has this plan and this quantity already.")
    advice = said("Nothing was changed. Choose another plan or another quantity.")


class NotAllowed(Problem):
    """The merchant does not let buyers do this."""

    code, status, title = "subscriptions.not_allowed", 403, said("The shop does not offer this.")


class BeingPaid(Problem):
    """Money for it is on its way: until that is known, nothing else can be asked for."""

    code, status, title = (
        "subscriptions.being_paid",
        409,
        said("A payment for this subscription is being made."),
    )
    advice = said("Nothing was changed. Try again in a few minutes.")


class PreviewOutdated(Problem):
    """What would be charged now is not what was shown."""

    code, status, title = (
        "subscriptions.preview_outdated",
        409,
        said("The sum has changed to {total} meanwhile."),
    )
    advice = said("Nothing was charged. Look at the lines again, and confirm them.")


class NoMandate(Problem):
    """There is no saved method that could be charged."""

    code, status, title = "subscriptions.no_mandate", 409, said("There is no saved payment method to charge.")
