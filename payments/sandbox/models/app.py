"""An app on the open platform: who may call the gateway, and with which keys."""

from typing import ClassVar

from django.db import models


class AlipayApp(models.Model):
    """A merchant's app. Both keys are play keys; the platform's private one never leaves the sandbox."""

    app_id = models.CharField(primary_key=True, max_length=32)
    name = models.CharField(max_length=80, help_text="The payee that the buyer reads in the cashier.")
    seller_id = models.CharField(max_length=28)
    seller_email = models.CharField(max_length=100)
    app_public_key = models.TextField(help_text="PEM; verifies what the app sends.")
    platform_private_key = models.TextField(help_text="PEM; signs what the app receives.")
    magic = models.BooleanField(
        default=False, help_text="Whether the cents of an amount decide what happens."
    )
    broke = models.BooleanField(default=False, help_text="Whether refunds fail for want of balance.")
    created_at = models.DateTimeField()

    class Meta:
        db_table = '"sandbox"."alipay_app"'
        ordering: ClassVar[list[str]] = ["app_id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.app_id})"
