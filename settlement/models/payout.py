"""Payouts: money on its way to a merchant's bank, under one number for life."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kernel import clock, ids
from kernel.books import Book
from kernel.machine import Machine
from kernel.money import Money
from merchants.models import Licence, Merchant, User
from merchants.models.doors import Doors, choices

from ..limits import APPROVAL_LIFE, PROOF_AGE
from ..states import AT_THE_BANK, PAYOUT, PayoutState
from .bank_account import BankAccount
from .rail_account import RailAccount
from .statement import Statement

_P = PayoutState
_BEYOND_FIRST = [_P.FIRST_APPROVED, _P.APPROVED, _P.SENT, _P.UNKNOWN, _P.PAID, _P.RETURNED, _P.FAILED]
_BEYOND_SECOND = [state for state in _BEYOND_FIRST if state != _P.FIRST_APPROVED]
_BEYOND_SENT = [state for state in _BEYOND_SECOND if state != _P.APPROVED]
_ASKED = [_P.APPROVED, *sorted(AT_THE_BANK)]


def _approved(which: str) -> Q:
    """An approval is whole: a person, a time, and a code shown within the five minutes before it."""
    by, at, proved = f"{which}_approved_by", f"{which}_approved_at", f"{which}_proved_at"
    none: dict[str, Any] = {f"{by}__isnull": True, f"{at}__isnull": True, f"{proved}__isnull": True}
    whole: dict[str, Any] = {
        f"{by}__isnull": False,
        f"{at}__isnull": False,
        f"{proved}__isnull": False,  # a comparison with nothing would be neither true nor false
        f"{proved}__lte": F(at),
        f"{proved}__gte": F(at) - PROOF_AGE,
    }
    return Q(**none) | Q(**whole)


class Payout(Doors):
    """What a statement's balance became. Its money is set aside in the transaction that drafts it.

    `maker` is the person who drafted it; nobody where the cycle did. `licence` is the permission under which
    it was drafted. The bank account's row never changes, so it is its own snapshot.
    """

    machines: ClassVar[dict[str, Machine[Any]]] = {"state": PAYOUT}

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    # The keys to statement, bank account and connection stand in SQL, with merchant, book and currency.
    statement = models.OneToOneField(Statement, models.PROTECT, related_name="payout", db_constraint=False)
    merchant = models.ForeignKey(Merchant, models.PROTECT, related_name="payouts", verbose_name=_("merchant"))
    book = models.CharField(_("book"), max_length=8, choices=choices(Book))
    currency = models.CharField(_("currency"), max_length=8)
    amount = models.BigIntegerField(_("amount"))
    bank_account = models.ForeignKey(
        BankAccount,
        models.PROTECT,
        related_name="payouts",
        db_constraint=False,
        verbose_name=_("bank account"),
    )
    licence = models.ForeignKey(Licence, models.PROTECT, related_name="+", editable=False)
    rail_account = models.ForeignKey(
        RailAccount, models.PROTECT, null=True, blank=True, related_name="+", db_constraint=False
    )
    state = models.CharField(_("state"), max_length=14, choices=choices(PayoutState), default=_P.DRAFTED)

    maker = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    drafted_at = models.DateTimeField(_("drafted at"))
    first_approved_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    first_approved_at = models.DateTimeField(_("first approved at"), null=True, blank=True)
    first_proved_at = models.DateTimeField(null=True, blank=True)
    second_approved_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    second_approved_at = models.DateTimeField(_("approved at"), null=True, blank=True)
    second_proved_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)  # of a refusal or a cancellation

    code = models.CharField(_("code"), max_length=64, blank=True)
    message = models.CharField(_("message"), max_length=200, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    paid_at = models.DateTimeField(_("paid at"), null=True, blank=True)
    concluded_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    next_query_at = models.DateTimeField(_("next question at"), null=True, blank=True)
    queries = models.SmallIntegerField(_("questions asked"), default=0)

    class Meta:
        verbose_name = _("payout")
        verbose_name_plural = _("payouts")
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(book__in=list(Book)), name="payout_book"),
            models.CheckConstraint(condition=Q(state__in=list(PayoutState)), name="payout_state"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="payout_amount"),
            # Three different people, where a person drafted it; else two.
            models.CheckConstraint(
                condition=~Q(first_approved_by=F("second_approved_by")), name="payout_approved_by_two"
            ),
            models.CheckConstraint(
                condition=~Q(maker=F("first_approved_by")) & ~Q(maker=F("second_approved_by")),
                name="payout_maker_never_approves",
            ),
            models.CheckConstraint(condition=_approved("first"), name="payout_first_is_proved"),
            models.CheckConstraint(condition=_approved("second"), name="payout_second_is_proved"),
            models.CheckConstraint(
                condition=Q(second_approved_at__isnull=True)
                | Q(
                    second_approved_at__gte=F("first_approved_at"),
                    second_approved_at__lte=F("first_approved_at") + APPROVAL_LIFE,
                ),
                name="payout_approved_within_three_days",
            ),
            models.CheckConstraint(
                condition=(~Q(state__in=_BEYOND_FIRST) | Q(first_approved_by__isnull=False))
                & (~Q(state__in=_BEYOND_SECOND) | Q(second_approved_by__isnull=False)),
                name="payout_moves_by_approval",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=_BEYOND_SENT) | Q(rail_account__isnull=False, sent_at__isnull=False),
                name="payout_sent_somewhere",
            ),
            # What is to be sent or asked about is due at some time; one that was paid is watched for a while.
            models.CheckConstraint(
                condition=Q(state__in=_ASKED, next_query_at__isnull=False)
                | Q(state=_P.PAID)
                | (~Q(state__in=[*_ASKED, _P.PAID]) & Q(next_query_at__isnull=True)),
                name="payout_open_is_asked",
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(
                fields=["next_query_at"], condition=Q(next_query_at__isnull=False), name="payout_to_ask"
            ),
            models.Index(fields=["book", "state", "drafted_at"], name="payout_by_state"),
        ]

    def __str__(self) -> str:
        return self.request_no

    @property
    def key(self) -> str:
        """The payout's name in addresses: `po_…`."""
        return self.request_no

    @property
    def request_no(self) -> str:
        """Our number for the payout at the bank, for life: `po_…`."""
        return ids.encode("po", self.id)

    @property
    def first_approval_has_lapsed(self) -> bool:
        """Whether no second approval came in time, so that the first is needed anew."""
        given = self.first_approved_at
        return self.state == _P.FIRST_APPROVED and given is not None and clock.now() > given + APPROVAL_LIFE

    @property
    def money(self) -> Money:
        """What is paid out."""
        return Money(self.amount, self.currency)
