"""What came, where it is another amount than was asked for: a fact like the rest of a success."""

from django.db import migrations, models
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThanOrEqual

_FACTS = [
    *("use", "channel_txn", "platform_fee", "channel_fee", "merchant_bears_channel"),
    *("paid_at", "available_at"),
]


def _keeps(facts: list[str]) -> str:
    new, old = (", ".join(f"{row}.{fact}" for fact in facts) for row in ("NEW", "OLD"))
    return f"""
CREATE OR REPLACE FUNCTION payments_payment_keeps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF ({new}) IS DISTINCT FROM ({old}) THEN
        RAISE EXCEPTION 'money that came is a fact' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER payment_keeps_success ON payments_payment;
CREATE TRIGGER payment_keeps_success BEFORE UPDATE OF {", ".join(facts)} ON payments_payment FOR EACH ROW
    WHEN (OLD.state = 'succeeded') EXECUTE FUNCTION payments_payment_keeps();
"""


_DISPUTED = """
CREATE OR REPLACE FUNCTION payments_dispute_belongs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM payments_payment p WHERE p.id = NEW.payment_id AND p.order_id = NEW.order_id
        AND p.account_id = NEW.account_id AND p.merchant_id = NEW.merchant_id AND p.book = NEW.book
        AND p.currency = NEW.currency AND {came} >= NEW.amount AND p.state = 'succeeded';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a dispute belongs to a payment that succeeded' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    """Another amount than was asked for."""

    dependencies = [("payments", "0009_configuration_changes")]

    operations = [
        migrations.RemoveConstraint(model_name="payment", name="payment_refunds_within"),
        migrations.AddField(model_name="payment", name="received", field=models.BigIntegerField(null=True)),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("refund_pending__gte", 0),
                    ("refunded__gte", 0),
                    GreaterThanOrEqual(
                        Coalesce("received", "amount"),
                        CombinedExpression(models.F("refunded"), "+", models.F("refund_pending")),
                    ),
                    models.Q(
                        ("state", "succeeded"),
                        models.Q(("refund_pending", 0), ("refunded", 0)),
                        _connector="OR",
                    ),
                ),
                name="payment_refunds_within",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("received__isnull", True),
                    models.Q(
                        ("received__gt", 0),
                        ("use", "surplus"),
                        models.Q(("received", models.F("amount")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="payment_other_amount_is_surplus",
            ),
        ),
        migrations.RunSQL(_keeps([*_FACTS, "received"]), _keeps(_FACTS)),
        migrations.RunSQL(
            _DISPUTED.format(came="coalesce(p.received, p.amount)"), _DISPUTED.format(came="p.amount")
        ),
    ]
