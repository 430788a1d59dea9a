"""The buyer's e-mail address as one fingerprint for all shops, by which the buyer finds the order."""

from django.db import migrations, models

# Forgetting it is lawful; making it somebody else's order is not.
GUARD = """
CREATE TRIGGER order_stays_the_buyers BEFORE UPDATE OF buyer_key ON payments_order FOR EACH ROW
    WHEN (NEW.buyer_key IS NOT NULL AND NEW.buyer_key IS DISTINCT FROM OLD.buyer_key)
    EXECUTE FUNCTION payments_refuse('an order stays its buyer\'\'s');
"""


class Migration(migrations.Migration):
    """Whose order it is, in every shop."""

    dependencies = [("payments", "0010_received_amount")]

    operations = [
        migrations.AddField(
            model_name="order", name="buyer_key", field=models.BinaryField(max_length=16, null=True)
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                fields=["buyer_key", "-id"],
                condition=models.Q(("paid_at__isnull", False)),
                name="order_of_buyer",
            ),
        ),
        migrations.RunSQL(GUARD, "DROP TRIGGER order_stays_the_buyers ON payments_order"),
    ]
