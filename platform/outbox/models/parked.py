"""Events that a subscriber could not handle, and those of the same subject that wait behind them."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kernel import ids


class ParkedState(models.TextChoices):
    """`DEAD` was tried as often as allowed: it is the alert that a person answers by a retry."""

    TRYING = "trying", _("To be tried again")
    BEHIND = "behind", _("Behind another")
    DEAD = "dead", _("Dead")


class Parked(models.Model):
    """One event held back for one subscriber. `attempts` counts those made; `next_try_at` is for `TRYING`.

    `error` is the name of what the handler raised, never its text: that may hold a person's data.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    subscriber = models.CharField(_("subscriber"), max_length=64)
    number = models.BigIntegerField(_("number"))
    event_id = models.UUIDField(_("event"))
    subject_id = models.UUIDField(_("subject's id"))
    state = models.CharField(
        _("state"), max_length=8, choices=ParkedState.choices, default=ParkedState.TRYING
    )
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_try_at = models.DateTimeField(_("next try"))
    error = models.CharField(_("error"), max_length=120, blank=True)
    parked_at = models.DateTimeField(_("parked"))

    class Meta:
        verbose_name, verbose_name_plural = _("parked event"), _("parked events")
        db_table = "outbox_parked"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["subscriber", "number"], name="outbox_parked_once"),
            models.CheckConstraint(condition=Q(state__in=ParkedState.values), name="outbox_parked_state"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["subscriber", "subject_id", "number"],
                name="outbox_parked_queue",
                condition=Q(state__in=["trying", "behind"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subscriber} {self.number}"
