"""What a subscription opened exists, and is its own merchant's."""

from django.db import migrations

# Not a field of the model: a subscription is written before what it opens, in one transaction.
KEY = """
ALTER TABLE subscriptions_subscription ADD CONSTRAINT subscription_entitlement_exists
    FOREIGN KEY (merchant_id, entitlement_id) REFERENCES merchants_entitlement (merchant_id, id)
    DEFERRABLE INITIALLY DEFERRED;
"""
UNDO = "ALTER TABLE subscriptions_subscription DROP CONSTRAINT subscription_entitlement_exists;"


class Migration(migrations.Migration):
    dependencies = [("subscriptions", "0003_not_emptied"), ("merchants", "0015_not_emptied")]

    operations = [migrations.RunSQL(KEY, UNDO)]
