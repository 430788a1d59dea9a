"""What coupons take off an order, and what of it the platform makes up for; agreed for good like the rest."""

from django.db import migrations, models
from django.db.models.expressions import CombinedExpression

_ORDER = """id, merchant_id, book, store_id, product_id, number, token, form_key, quantity, unit_price, total,
    currency, decision_id, placed_at"""
_REFUND = """id, payment_id, order_id, account_id, merchant_id, book, kind, amount, currency, platform_fee,
    channel_fee, requested_at"""
_SUCCESS = """use, channel_txn, platform_fee, channel_fee, merchant_bears_channel, paid_at, available_at,
    received"""


def _pair(columns: str) -> tuple[str, str, str]:
    names = [name.strip() for name in columns.split(",")]
    return ", ".join(names), *(", ".join(f"{row}.{name}" for name in names) for row in ("NEW", "OLD"))


def _agreed(trigger: str, table: str, columns: str) -> str:
    names, new, old = _pair(columns)
    return f"""
DROP TRIGGER {trigger} ON {table};
CREATE TRIGGER {trigger} BEFORE UPDATE OF {names} ON {table} FOR EACH ROW
    WHEN (({new}) IS DISTINCT FROM ({old}))
    EXECUTE FUNCTION payments_refuse('what was agreed never changes');
"""


def _keeps(columns: str) -> str:
    names, new, old = _pair(columns)
    return f"""
CREATE OR REPLACE FUNCTION payments_payment_keeps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF ({new}) IS DISTINCT FROM ({old}) THEN
        RAISE EXCEPTION 'money that came is a fact' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER payment_keeps_success ON payments_payment;
CREATE TRIGGER payment_keeps_success BEFORE UPDATE OF {names} ON payments_payment FOR EACH ROW
    WHEN (OLD.state = 'succeeded') EXECUTE FUNCTION payments_payment_keeps();
"""


def _guards(*, more: bool) -> str:
    order, refund, success = (
        columns + (f", {name}" if more else "")
        for columns, name in ((_ORDER, "discount"), (_REFUND, "promotion"), (_SUCCESS, "promotion"))
    )
    return (
        _agreed("order_is_agreed", "payments_order", order)
        + _agreed("refund_is_agreed", "payments_refund", refund)
        + _keeps(success)
    )


class Migration(migrations.Migration):
    """Discounts, and who carries them."""

    dependencies = [("merchants", "0010_coupons"), ("payments", "0011_buyer_key")]

    operations = [
        migrations.RemoveConstraint(
            model_name="order",
            name="order_total",
        ),
        migrations.RemoveConstraint(
            model_name="refund",
            name="refund_amount",
        ),
        migrations.AddField(
            model_name="order",
            name="discount",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="payment",
            name="promotion",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="payment",
            name="promotion_returned",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="refund",
            name="promotion",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("discount__gte", 0),
                    ("quantity__gte", 1),
                    (
                        "total",
                        CombinedExpression(
                            CombinedExpression(models.F("unit_price"), "*", models.F("quantity")),
                            "-",
                            models.F("discount"),
                        ),
                    ),
                    ("total__gt", 0),
                    ("unit_price__gt", 0),
                ),
                name="order_total",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("promotion", 0), ("promotion_returned", 0)),
                    models.Q(
                        ("promotion__gt", 0),
                        ("promotion_returned__gte", 0),
                        ("promotion_returned__lte", models.F("promotion")),
                        ("use", "applied"),
                    ),
                    _connector="OR",
                ),
                name="payment_promotion_within",
            ),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("amount__gt", 0),
                    ("channel_fee__gte", 0),
                    ("platform_fee__gte", 0),
                    ("promotion__gte", 0),
                ),
                name="refund_amount",
            ),
        ),
        migrations.RunSQL(_guards(more=True), _guards(more=False)),
    ]
