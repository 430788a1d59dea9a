"""Refusals of risk."""

from kernel.errors import Problem, said


class BadRule(Problem):
    """The limit, list entry or policy cannot be used as given."""

    code, status, title = "risk.bad_rule", 400, said("The rule cannot be used: {why}.")
    advice = said("Nothing was changed. Correct the fields and send them again.")


class ReasonMissing(Problem):
    """Whoever changes a rule or ends a review says why."""

    code, status, title = "risk.reason_missing", 400, said("A reason is missing.")
    advice = said("Nothing was changed. Say in a sentence why this is done.")


class NotInReview(Problem):
    """The decision is not waiting for a person, or not any more."""

    code, status, title = "risk.not_in_review", 409, said("This decision is not waiting for a review.")
    advice = said("Nothing was changed. Somebody else may have been faster; reload the page.")
