"""A history: what happens to one shop, in any order; audited on its way, and brought to rest at its end."""

import sys
import traceback

from hypothesis import HealthCheck, Phase, settings
from hypothesis.errors import StopTest
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from ledger import auditor

# Not those that look for guards by name: what is missing is to be noticed by what it lets happen.
RULES = [each for each in auditor.invariants() if not each.code.endswith(".guards_stand")]


class History(RuleBasedStateMachine):
    """`bring_to_rest`: what everybody still has to do when it is over; `compare`: what must hold then."""

    def audit(self) -> None:
        self.hold(RULES)

    def hold(self, rules: list[auditor.Invariant]) -> None:
        """The auditor finds nothing, by these rules."""
        broken = [finding for finding in auditor.audit(rules) if not finding.holds]
        assert not broken, [(finding.invariant.code, finding.columns, finding.rows) for finding in broken]

    def teardown(self) -> None:
        ended_by = sys.exc_info()[1]
        if isinstance(ended_by, Exception):
            # It may not happen a second time, and then this would be all there is to read.
            traceback.print_exc()
        if not hasattr(self, "shop"):
            return
        if isinstance(ended_by, StopTest):
            # Hypothesis breaks off a history that grows too long. The histories after it are audited with
            # what it leaves behind, so nothing may be left open for ever.
            self.bring_to_rest()
        elif ended_by is None:
            self.bring_to_rest()
            self.audit()
            self.compare()

    def bring_to_rest(self) -> None:
        """Channels answer, workers work, and time passes, until nothing is open."""
        raise NotImplementedError

    def compare(self) -> None:
        """Whoever moved money outside says the same as the ledger."""
        raise NotImplementedError


def run(machine: type[History], histories: int, steps: int) -> None:
    """Live so many histories, of so many steps at most."""
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=histories,
            stateful_step_count=steps,
            deadline=None,
            # Making a failure smaller would take minutes, and a race does not end the same way twice.
            phases=[Phase.generate],
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
