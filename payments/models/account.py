"""Channel accounts: a merchant's account at a channel, with its credentials sealed."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from kernel import ids
from kernel.books import Book
from merchants.models import Merchant

from ..states import AccountStatus
from ..tokens import TOKEN_LENGTH, new_token
from .doors import choices


class ChannelAccount(models.Model):
    """Who is paid where. `secrets` is sealed JSON; `version` counts every change of what is built from it."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    merchant = models.ForeignKey(
        Merchant, on_delete=models.PROTECT, related_name="channel_accounts", db_constraint=False
    )
    book = models.CharField(max_length=8, choices=choices(Book))
    channel = models.CharField(max_length=24)
    label = models.CharField(max_length=80)
    gateway = models.URLField(max_length=200)
    settings = models.JSONField(default=dict)  # public facts: for alipay app_id and seller_id
    secrets = models.BinaryField(editable=False)
    version = models.IntegerField(default=1, editable=False)
    rate = models.DecimalField(max_digits=7, decimal_places=6, default=0)  # the channel's fee, a share
    status = models.CharField(max_length=8, choices=choices(AccountStatus), default=AccountStatus.ACTIVE)
    token = models.CharField(max_length=TOKEN_LENGTH, unique=True, default=new_token, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["id", "merchant", "book"], name="account_id_merchant_book"),
            # One account a channel, until routing chooses among several.
            models.UniqueConstraint(
                fields=["merchant", "channel"],
                condition=Q(status=AccountStatus.ACTIVE),
                name="account_of_channel_once",
            ),
            models.CheckConstraint(condition=Q(book__in=list(Book)), name="account_book"),
            models.CheckConstraint(condition=Q(status__in=list(AccountStatus)), name="account_status"),
            models.CheckConstraint(condition=Q(rate__gte=0, rate__lt=1), name="account_rate_is_a_share"),
            models.CheckConstraint(condition=~Q(channel="") & ~Q(gateway=""), name="account_named"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} · {self.label}"

    @property
    def key(self) -> str:
        """The account's name in addresses: `cac_…`."""
        return ids.encode("cac", self.id)
