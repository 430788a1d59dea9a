"""Orders of subscriptions, and payments by mandate; agreed for good like the rest."""

from django.db import migrations, models

import payments.states

_ORDER = """id, merchant_id, book, store_id, product_id, number, token, form_key, quantity, unit_price, total,
    currency, decision_id, placed_at, discount"""
_PAYMENT = """id, order_id, ordinal, merchant_id, book, account_id, method, notify_token, amount, currency,
    created_at"""


def _agreed(trigger: str, table: str, columns: str) -> str:
    names = [name.strip() for name in columns.split(",")]
    new, old = (", ".join(f"{row}.{name}" for name in names) for row in ("NEW", "OLD"))
    return f"""
DROP TRIGGER {trigger} ON {table};
CREATE TRIGGER {trigger} BEFORE UPDATE OF {", ".join(names)} ON {table} FOR EACH ROW
    WHEN (({new}) IS DISTINCT FROM ({old}))
    EXECUTE FUNCTION payments_refuse('what was agreed never changes');
"""


def _share(condition: str) -> str:
    """What one buyer holds of the shelf: memberships lie on none."""
    return f"""
DROP TRIGGER order_share ON payments_order;
CREATE TRIGGER order_share AFTER INSERT ON payments_order FOR EACH ROW
    WHEN ({condition}) EXECUTE FUNCTION payments_order_shares();
"""


_SECOND = "NEW.contact_slot > 1 OR NEW.address_slot > 1"
GUARDS = (
    _agreed("order_is_agreed", "payments_order", _ORDER + ", subscription_id")
    + _agreed("payment_is_agreed", "payments_payment", _PAYMENT + ", mandate_id")
    + _share(f"NEW.subscription_id IS NULL AND ({_SECOND})")
)
FORMER_GUARDS = (
    _agreed("order_is_agreed", "payments_order", _ORDER)
    + _agreed("payment_is_agreed", "payments_payment", _PAYMENT)
    + _share(_SECOND)
)


class Migration(migrations.Migration):
    """What the sale keeps of subscriptions."""

    dependencies = [
        ("merchants", "0011_coupon_batches"),
        ("payments", "0012_discounts"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="order",
            name="order_slots_from_one",
        ),
        migrations.AddField(
            model_name="order",
            name="subscription_id",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="payment",
            name="mandate_id",
            field=models.UUIDField(null=True),
        ),
        migrations.AlterField(
            model_name="order",
            name="address_slot",
            field=models.SmallIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name="order",
            name="contact_slot",
            field=models.SmallIntegerField(null=True),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("subscription_id__isnull", False)),
                fields=["subscription_id", "-id"],
                name="order_of_subscription",
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("address_slot__gte", 1),
                        ("address_slot__isnull", False),
                        ("contact_slot__gte", 1),
                        ("contact_slot__isnull", False),
                    ),
                    models.Q(
                        ("address_slot__isnull", True),
                        ("contact_slot__isnull", True),
                        ("subscription_id__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="order_slots_from_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("mandate_id__isnull", False),
                    (
                        "state__in",
                        [
                            payments.states.AttemptState["CREATED"],
                            payments.states.AttemptState["PENDING"],
                            payments.states.AttemptState["UNKNOWN"],
                        ],
                    ),
                ),
                fields=("order",),
                name="payment_by_mandate_once",
            ),
        ),
        migrations.RunSQL(GUARDS, FORMER_GUARDS),
    ]
