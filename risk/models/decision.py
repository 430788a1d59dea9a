"""Decisions: one row for every order that somebody wanted to place, with ids, fingerprints and reasons."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kernel import ids
from kernel.books import Book
from kernel.machine import Machine

from ..states import REVIEW, Outcome, Review


class Decision(models.Model):
    """What risk said, and what a person made of it. Triggers keep the rest as it was written.

    Keys to others are plain: a foreign key would lock the merchant's row with every sale, and what has a
    retention is referenced by none. `*_key` are fingerprints (16 bytes, see `values`).
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    at = models.DateTimeField(_("when"))
    merchant_id = models.UUIDField(_("merchant"))
    book = models.CharField(_("book"), max_length=8)
    store_id = models.UUIDField(_("store"))
    product_id = models.UUIDField(_("product"))
    quantity = models.PositiveIntegerField(_("quantity"))
    amount = models.BigIntegerField(_("amount"))  # minor units of `currency`
    currency = models.CharField(_("currency"), max_length=8)
    method = models.CharField(_("method"), max_length=32)
    address_key = models.UUIDField(_("address"), null=True)
    email_key = models.UUIDField(_("e-mail"), null=True)
    email_domain_key = models.UUIDField(_("e-mail domain"), null=True)
    device_key = models.UUIDField(_("device"), null=True)
    outcome = models.CharField(_("outcome"), max_length=8, choices=[(o.value, o.value) for o in Outcome])
    reasons = models.JSONField(_("reasons"), default=list)
    review = models.CharField(_("review"), max_length=10, choices=[(r.value, r.value) for r in Review])
    reviewed_at = models.DateTimeField(_("reviewed at"), null=True)
    reviewed_by = models.UUIDField(_("reviewed by"), null=True)

    machine: ClassVar[Machine[Review]] = REVIEW

    class Meta:
        db_table = "risk_decision"
        verbose_name, verbose_name_plural = _("risk decision"), _("risk decisions")
        ordering: ClassVar[list[str]] = ["-id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["merchant_id", "id"], name="risk_decision_merchant"),
            models.Index(fields=["id"], name="risk_decision_waiting", condition=Q(review=Review.PENDING)),
        ]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(book__in=list(Book)), name="risk_decision_book"),
            models.CheckConstraint(condition=Q(outcome__in=list(Outcome)), name="risk_decision_outcome"),
            models.CheckConstraint(
                condition=Q(outcome=Outcome.REVIEW, review__in=[r for r in Review if r is not Review.NONE])
                | (~Q(outcome=Outcome.REVIEW) & Q(review=Review.NONE)),
                name="risk_decision_review",
            ),
            models.CheckConstraint(
                condition=Q(review__in=[Review.RELEASED, Review.REJECTED], reviewed_at__isnull=False)
                | Q(review__in=[Review.NONE, Review.PENDING], reviewed_at__isnull=True),
                name="risk_decision_reviewed",
            ),
        ]

    def __str__(self) -> str:
        return ids.encode("dec", self.id)

    def enter(self, target: Review, **facts: Any) -> None:
        """The one door: move the review, and keep who moved it when. Raises IllegalMove."""
        REVIEW.check(Review(self.review), target)
        self.review = target
        for name, value in facts.items():
            setattr(self, name, value)
        self.save(update_fields=["review", *facts])
