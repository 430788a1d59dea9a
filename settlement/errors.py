"""Refusals of settlement."""

from kernel.errors import Problem, said


class BadPlan(Problem):
    """The figures are not a fee plan."""

    code, status, title = "settlement.bad_plan", 400, said("The fee plan cannot be used: {why}.")
    advice = said("Nothing was changed. Correct the figures and send them again.")
