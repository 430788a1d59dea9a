"""Renewals in peril: everything at once, and sudden death."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from kernel.actors import BUYER
from payments.subscriptions.crash_points import CRASH_POINTS
from payments.subscriptions.services import cancellations, renewals
from tests.journeys.reckoning import Reckoning
from tests.ledger.threads import together

NOTICE = "renewal.before_notice_commit"

picks = st.integers(0, 99)


class Perils(Reckoning):
    """What workers suffer."""

    @rule(pick=picks, workers=st.integers(2, 3), cancels=st.booleans())
    def workers_race(self, pick: int, workers: int, cancels: bool) -> None:
        self.house.plight = ""
        for each in self.one_of(pick, "trialing", "active"):
            self.to_due(each)
            jobs = [lambda: renewals.run(500)] * workers
            if cancels:
                jobs.append(lambda: cancellations.at_end(each, actor=BUYER))  # noqa: B023
            together(jobs)
        self.look()

    @rule(pick=picks, point=st.sampled_from(CRASH_POINTS))
    def die_while_renewing(self, pick: int, point: str) -> None:
        """Where there is something to die at: somebody new, whose notice or period is due alone."""
        self.work()
        new = self.begun(plan=0)
        if point != NOTICE:
            self.to_notice(new)
            self.work()
        self.house.plight = ""
        self.to_due(new)
        self.doomed.die(point, "renew", limit=500)
        self.look()
        for _ in range(2):
            self.advance(minutes=15)
            self.ask_all()
            self.work()
        if point != NOTICE:
            assert self.fresh(new).period == 2, f"Nobody went on where a worker died {point}."
        self.look()
