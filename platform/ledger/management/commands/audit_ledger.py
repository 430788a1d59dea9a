"""`manage.py audit_ledger`: whether every invariant holds."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from ledger import chain
from ledger.auditor import Finding, audit, invariants


class Command(BaseCommand):
    """A line for each invariant. Ends with 1 at the first that does not hold, after up to 20 of its rows."""

    help = "Derives every invariant again from raw rows; ends with 1 at the first that does not hold."

    def add_arguments(self, parser: CommandParser) -> None:
        """`--all` looks at all of them, whatever the first ones say; `--only` at those of one app or name."""
        parser.add_argument("--all", action="store_true", help="do not stop at the first that does not hold")
        parser.add_argument("--only", default="", metavar="PREFIX", help="only codes that begin like this")

    def handle(self, *_: Any, **options: Any) -> None:
        """Print, and end."""
        broken = 0
        chosen = [invariant for invariant in invariants() if invariant.code.startswith(options["only"])]
        for finding in audit(chosen):
            self._say(finding)
            broken += not finding.holds
            if broken and not options["all"]:
                break
        head = chain.head()
        if head is not None:
            self.stdout.write(f"chain  {head[0]} links, head {head[1]}")
        self.stdout.write(f"{len(chosen)} invariants" if not broken else f"{broken} broken")
        if broken:
            raise SystemExit(1)

    def _say(self, finding: Finding) -> None:
        mark = self.style.SUCCESS("holds ") if finding.holds else self.style.ERROR("BROKEN")
        self.stdout.write(f"{mark} {finding.invariant.code}: {finding.invariant.sentence}")
        for row in finding.rows:
            pairs = zip(finding.columns, row, strict=True)
            self.stdout.write("       " + ", ".join(f"{name}={value}" for name, value in pairs))
