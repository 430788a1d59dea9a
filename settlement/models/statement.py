"""Statements: what came and went on a merchant's account between two closes."""

from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kernel import ids
from kernel.books import Book
from kernel.machine import Machine
from kernel.money import Money
from ledger.models import Account
from merchants.models import Merchant
from merchants.models.doors import Doors, choices

from ..states import STATEMENT, Carried, Outcome

SUMS = ("sales", "refunds", "fees", "adjustments", "disputes", "payouts")


class Statement(Doors):
    """Covers what counts after `previous` and up to and with `upto`, which is a close of the ledger account.

    The database computes the number, `previous`, all sums and the memo of discounts, in minor units as the
    merchant sees them (what is owed to the merchant is positive); closing = opening + the six sums. Nothing
    is stamped on entries.
    """

    machines: ClassVar[dict[str, Machine[Any]]] = {"outcome": STATEMENT}

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    merchant = models.ForeignKey(
        Merchant, models.PROTECT, related_name="statements", verbose_name=_("merchant")
    )
    # The keys stand in SQL: with currency and book, and to the close.
    account = models.ForeignKey(
        Account, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    book = models.CharField(_("book"), max_length=8, choices=choices(Book))
    currency = models.CharField(_("currency"), max_length=8)
    number = models.PositiveIntegerField(_("number"), editable=False)  # 1, 2, 3 … for an account
    previous = models.DateTimeField(_("from"), null=True, editable=False)
    upto = models.DateTimeField(_("up to"))
    opening = models.BigIntegerField(_("opening balance"), editable=False)
    sales = models.BigIntegerField(_("sales"), editable=False)
    refunds = models.BigIntegerField(_("refunds"), editable=False)
    fees = models.BigIntegerField(_("fees"), editable=False)
    adjustments = models.BigIntegerField(_("adjustments"), editable=False)
    disputes = models.BigIntegerField(_("disputes"), editable=False)
    payouts = models.BigIntegerField(_("payouts"), editable=False)
    closing = models.BigIntegerField(_("closing balance"), editable=False)
    entries = models.IntegerField(_("lines"), editable=False)
    # What codes took off the prices of these sales, and what of it the platform made up for.
    discounts = models.BigIntegerField(_("Discounts given (in no sum)"), editable=False)
    promotions = models.BigIntegerField(_("Of these borne by the platform"), editable=False)
    created_at = models.DateTimeField(_("created at"), editable=False)
    outcome = models.CharField(
        _("outcome"), max_length=8, blank=True, choices=choices(Outcome), default=Outcome.OPEN
    )
    carried = models.CharField(
        _("carried forward because"), max_length=14, blank=True, choices=choices(Carried), default=""
    )

    class Meta:
        verbose_name = _("statement")
        verbose_name_plural = _("statements")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["id", "merchant", "book", "currency"], name="statement_id_whole"),
            models.UniqueConstraint(fields=["merchant", "currency", "upto"], name="statement_once"),
            models.UniqueConstraint(fields=["account", "upto"], name="statement_of_account_once"),
            models.UniqueConstraint(fields=["account", "number"], name="statement_number_once"),
            # With the keys in SQL: a chain without gap, overlap or fork.
            models.UniqueConstraint(
                fields=["account", "previous"], nulls_distinct=False, name="statement_previous_once"
            ),
            models.CheckConstraint(
                condition=Q(previous__isnull=True) | Q(previous__lt=F("upto")), name="statement_forward"
            ),
            models.CheckConstraint(condition=Q(book__in=list(Book)), name="statement_book"),
            models.CheckConstraint(condition=Q(outcome__in=list(Outcome)), name="statement_outcome"),
            models.CheckConstraint(
                condition=Q(outcome=Outcome.CARRIED, carried__in=list(Carried))
                | (~Q(outcome=Outcome.CARRIED) & Q(carried="")),
                name="statement_carried_why",
            ),
            models.CheckConstraint(
                condition=Q(
                    closing=F("opening")
                    + F("sales")
                    + F("refunds")
                    + F("fees")
                    + F("adjustments")
                    + F("disputes")
                    + F("payouts")
                ),
                name="statement_adds_up",
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["upto"], condition=Q(outcome=""), name="statement_undecided"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def key(self) -> str:
        """The statement's name in addresses: `stm_…`."""
        return ids.encode("stm", self.id)

    @property
    def title(self) -> str:
        """The number that people read out: `CNY-0007`."""
        return f"{self.currency}-{self.number:04d}"

    @property
    def begins_at(self) -> datetime | None:
        """The end of the statement before; none where this is the first."""
        return self.previous

    def money(self, name: str) -> Money:
        """One of the figures, by the name of its column."""
        return Money(getattr(self, name), self.currency)

    @property
    def figures(self) -> list[tuple[str, Money]]:
        """The figures in their order, by name: opening, the six sums, closing."""
        return [(name, self.money(name)) for name in ("opening", *SUMS, "closing")]
