"""Data keys, as the database holds them: wrapped."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from kernel import ids


class Use(models.TextChoices):
    """What a key is for. Sealing keys get new versions; the fingerprint key stays, or finding ends."""

    SEALING = "sealing", _("Sealing")
    FINGERPRINT = "fingerprint", _("Fingerprints")


class DataKey(models.Model):
    """One version of one key of one owner. The newest sealing key seals, all of them open.

    `master` is the number of the master key that wraps it. `created_xid` tells a process whether the key is
    committed: a key that is not may vanish, and what it sealed with it, so it is never cached.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    owner = models.UUIDField(_("owner"))
    use = models.CharField(_("use"), max_length=16, choices=Use.choices)
    version = models.PositiveIntegerField(_("version"))
    master = models.PositiveSmallIntegerField(_("master key"))
    wrapped = models.BinaryField(_("wrapped key"))
    created_at = models.DateTimeField(_("made"), db_default=Now())

    class Meta:
        verbose_name, verbose_name_plural = _("data key"), _("data keys")
        db_table = "vault_data_key"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["owner", "use", "version"], name="vault_data_key_version"),
            models.CheckConstraint(condition=Q(use__in=Use.values), name="vault_data_key_use"),
            models.CheckConstraint(
                condition=Q(version=1) | Q(use=Use.SEALING, version__gt=1), name="vault_one_fingerprint_key"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.owner} {self.use} {self.version}"
