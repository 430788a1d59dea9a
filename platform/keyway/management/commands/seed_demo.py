"""manage.py seed_demo: two merchants with twins, six stores, 10,000 keys, and people who sign in."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from kernel.actors import SYSTEM
from kernel.books import Book
from keyway.demo import history, keys, memberships, people, settling, trade
from merchants.models import StockItem
from risk.services import limits


class Command(BaseCommand):
    """Sows the demo; what is there already stays as it is."""

    help = "Sow the demo (development and test only) and print its sign-ins."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Sow, then print."""
        if settings.KEYWAY_STAGE == "production":
            raise CommandError("The demo's passwords are public: it is sown in development and test only.")
        with transaction.atomic():
            people.operators()
            stores = [store for house in trade.HOUSES for store in trade.sow(house)]
            for store in stores:
                keys.stock(store)
            for book in Book:
                limits.add_starting(book, actor=SYSTEM, reason="The demo's limits.")
            settling.connect()
        history.tell()
        memberships.tell()
        self._say(stores)

    def _say(self, stores: list[Any]) -> None:
        write = self.stdout.write
        write("Stores (a twin's, with play money and a clock of its own, end in -test):")
        for store in stores:
            write(f"  {settings.KEYWAY_URL}/s/{store.slug}/  {store.name_zh} {store.name_en}")
        write(f"  {StockItem.objects.count():,} card keys")
        write(f"\nSign in at {settings.KEYWAY_URL}/account/login/ with the password: {people.PASSWORD}")
        for line in people.lines():
            write(f"  {line}")
        write(f"\nDashboard {settings.KEYWAY_URL}/m/   Back office {settings.KEYWAY_URL}/ops/")
