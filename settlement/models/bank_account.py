"""Where a merchant is paid."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

import vault
from kernel import ids
from kernel.books import Book
from kernel.machine import Machine
from merchants.models import Merchant, User
from merchants.models.doors import Doors, choices

from ..states import BANK_ACCOUNT, BankAccountState

HOLDER, NUMBER = "settlement.bank_account.holder", "settlement.bank_account.number"


class BankAccount(Doors):
    """A bank account in one currency. Its particulars never change: another number is another row.

    `changed_by` is who added it; nobody where the house itself did. `fingerprint` finds an equal number of
    the same merchant.
    """

    machines: ClassVar[dict[str, Machine[Any]]] = {"state": BANK_ACCOUNT}

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    merchant = models.ForeignKey(
        Merchant, models.PROTECT, related_name="bank_accounts", verbose_name=_("merchant")
    )
    book = models.CharField(_("book"), max_length=8, choices=choices(Book))
    currency = models.CharField(_("currency"), max_length=8)
    holder_sealed = models.BinaryField(editable=False)
    bank = models.CharField(_("bank"), max_length=80)
    number_sealed = models.BinaryField(editable=False)
    fingerprint = models.BinaryField(max_length=16, editable=False)
    last_four = models.CharField(_("last four digits"), max_length=4)
    state = models.CharField(
        _("state"), max_length=8, choices=choices(BankAccountState), default=BankAccountState.PENDING
    )
    changed_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("changed by")
    )
    changed_at = models.DateTimeField(_("changed at"))
    confirmed_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("confirmed by")
    )
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)
    retired_at = models.DateTimeField(_("retired at"), null=True, blank=True)

    class Meta:
        verbose_name = _("bank account")
        verbose_name_plural = _("bank accounts")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["id", "merchant", "book", "currency"], name="bank_account_id_whole"
            ),
            models.UniqueConstraint(
                fields=["merchant", "currency"],
                condition=Q(state=BankAccountState.ACTIVE),
                name="bank_account_active_once",
            ),
            models.CheckConstraint(condition=Q(book__in=list(Book)), name="bank_account_book"),
            models.CheckConstraint(condition=Q(state__in=list(BankAccountState)), name="bank_account_state"),
            models.CheckConstraint(condition=~Q(bank="") & ~Q(last_four=""), name="bank_account_named"),
            models.CheckConstraint(
                condition=~Q(changed_by=F("confirmed_by")), name="bank_account_confirmed_by_another"
            ),
            models.CheckConstraint(
                condition=~Q(state=BankAccountState.ACTIVE) | Q(confirmed_at__isnull=False),
                name="bank_account_active_is_confirmed",
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["merchant", "fingerprint"], name="bank_account_same_number"),
        ]

    def __str__(self) -> str:
        return f"{self.bank} ····{self.last_four}"

    @property
    def key(self) -> str:
        """The account's name in addresses: `bac_…`."""
        return ids.encode("bac", self.id)

    @property
    def holder(self) -> str:
        """In whose name it is. Opened here, for those who may see it."""
        return vault.open(self.merchant_id, self.holder_sealed, context=HOLDER, row=self.id).decode()

    @property
    def masked(self) -> str:
        """The number as people are shown it."""
        return f"···· {self.last_four}"
