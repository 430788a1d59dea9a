"""The trail itself. Triggers refuse every change of what was written."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from kernel import ids


class AuditRow(models.Model):
    """One deed. `at` is the database's clock at the moment of writing, not the transaction's start.

    `origin` is sealed under a key of the actor. `facts` holds ids and figures only. The column `xid` tells
    the chain which rows can still be joined by late commits.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    at = models.DateTimeField(_("when"), db_default=models.Func(function="clock_timestamp"))
    actor_kind = models.CharField(_("actor"), max_length=16)
    actor_id = models.UUIDField(_("actor's id"), null=True)
    origin = models.BinaryField(_("origin"), null=True)
    action = models.CharField(_("action"), max_length=64)
    subject_kind = models.CharField(_("subject"), max_length=32)
    subject_id = models.UUIDField(_("subject's id"))
    merchant_id = models.UUIDField(_("merchant"), null=True)
    reason = models.TextField(_("reason"), blank=True)
    facts = models.JSONField(_("facts"), default=dict)
    request = models.CharField(_("request"), max_length=32, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("audit row"), _("audit rows")
        db_table = "audit_row"
        indexes: ClassVar = [
            models.Index(fields=["subject_id"], name="audit_row_subject"),
            models.Index(fields=["merchant_id", "id"], name="audit_row_merchant"),
            # Few beside the sale's own rows: a merchant's log and a search for a person begin here.
            models.Index(
                fields=["merchant_id", "id"],
                condition=models.Q(actor_kind__in=["member", "operator"]),
                name="audit_row_by_people",
            ),
            models.Index(
                fields=["actor_id", "id"],
                condition=models.Q(actor_kind__in=["member", "operator"]),
                name="audit_row_of_person",
            ),
            # What has a reason was done by hand: a search for its words reads these rows and no others.
            models.Index(fields=["id"], condition=~models.Q(reason=""), name="audit_row_with_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.action}"
