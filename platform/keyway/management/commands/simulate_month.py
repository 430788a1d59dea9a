"""manage.py simulate_month: two merchants, a month of sales, refunds, late notices and returned payouts."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from kernel import clock
from kernel.money import Money
from keyway.simulation import world
from keyway.simulation.diary import Diary
from keyway.simulation.month import Month, is_played
from ledger.auditor import audit, invariants
from settlement.models import Statement

_KEYS_A_SALE = 1.6
_BEFORE = timedelta(days=1)


class Command(BaseCommand):
    """Plays a month through the real services, then asks the auditor. The same seed, the same month."""

    help = "Play a month of trade in development; stop the server first. Ends with 1 if an invariant broke."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which month, and how much of it."""
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--sales", type=int, default=2_000)
        parser.add_argument("--begins", default="2026-03-01", metavar="DAY", help="the first day")

    def handle(self, *_: Any, seed: int, sales: int, begins: str, **__: Any) -> None:
        """Play, show each day, audit."""
        if settings.KEYWAY_STAGE == "production":
            raise CommandError("Play money has no place in production.")
        if _others():
            raise CommandError(
                "Keyway runs on this database, and its worker would take the month's payouts away:"
                " stop script/server (Ctrl-C), then play the month."
            )
        if is_played(seed):
            raise CommandError(f"The month of seed {seed} was played already: take another --seed.")
        first = world.first_moment(begins)
        with clock.telling(first - _BEFORE):
            people = world.opened(seed, keys=int(sales * _KEYS_A_SALE))
        month = Month(people, first, seed)
        for day, diary in month.play(sales):
            self.stdout.write(f"day {day + 1:2}  {len(diary.sales):5} sold  {diary.left:4} left")
        self._sum_up(month.diary, people)
        self._audit()

    def _sum_up(self, diary: Diary, people: world.World) -> None:
        refunded = [sale for sale in diary.sales if sale.refunds]
        self.stdout.write(
            f"{len(diary.sales)} sales, {len(refunded)} of them refunded in whole or part,"
            f" {diary.late} notices late, {diary.lost} lost, {diary.left} orders left unpaid"
        )
        for shop in people.shops:
            statements = Statement.objects.filter(merchant=shop.merchant).order_by("upto")
            last = statements.last()
            left = last.money("closing") if last else Money(0, "CNY")
            self.stdout.write(
                f"{shop.merchant.name}: {statements.count()} statements, the last closes at {left}"
            )
        ended = sorted(set(diary.payouts.values()))
        counts = ", ".join(f"{list(diary.payouts.values()).count(state)} {state}" for state in ended)
        self.stdout.write(f"{len(diary.payouts)} payouts: {counts}")

    def _audit(self) -> None:
        broken = [finding for finding in audit(list(invariants())) if not finding.holds]
        for finding in broken:
            self.stdout.write(
                f"BROKEN {finding.invariant.code}: {finding.invariant.sentence} {finding.rows[:3]}"
            )
        if broken:
            raise CommandError(f"{len(broken)} invariants do not hold.")
        self.stdout.write("every invariant holds")


def _others() -> bool:
    """Whether another process of Keyway works on this database: each keeps a connection of its name."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND application_name LIKE 'keyway-%')"
        )
        return bool(cursor.fetchone()[0])
