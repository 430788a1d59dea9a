"""The scopes of subscriptions."""

from django.db import migrations, models

_SCOPES = [
    "products:read",
    "products:write",
    "plans:read",
    "plans:write",
    "entitlements:read",
    "subscriptions:read",
    "subscriptions:write",
    "coupons:read",
    "coupons:write",
    "stock:read",
    "stock:write",
    "orders:read",
    "orders:write",
    "keys:read",
    "payments:read",
    "refunds:read",
    "refunds:write",
    "balance:read",
    "settlements:read",
    "payouts:read",
    "events:read",
    "webhooks:read",
    "webhooks:write",
    "sandbox:read",
    "sandbox:write",
]


class Migration(migrations.Migration):
    dependencies = [("merchants", "0013_sandbox_scopes")]

    operations = [
        migrations.RemoveConstraint(model_name="apikey", name="api_key_scopes"),
        migrations.AddConstraint(
            model_name="apikey",
            constraint=models.CheckConstraint(
                condition=models.Q(("scopes__contained_by", _SCOPES), ("scopes__len__gt", 0)),
                name="api_key_scopes",
            ),
        ),
    ]
