"""The versions that a subscription is on, and goes on by, exist, and are its own merchant's."""

from django.db import migrations

# Both are bare ids in the model, for plans are read by their service. A version is always there first.
KEYS = """
ALTER TABLE subscriptions_subscription
    ADD CONSTRAINT subscription_version_exists FOREIGN KEY (merchant_id, version_id)
        REFERENCES merchants_planversion (merchant_id, id),
    ADD CONSTRAINT subscription_next_version_exists FOREIGN KEY (merchant_id, next_version_id)
        REFERENCES merchants_planversion (merchant_id, id);
"""
UNDO = """
ALTER TABLE subscriptions_subscription
    DROP CONSTRAINT subscription_next_version_exists, DROP CONSTRAINT subscription_version_exists;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("subscriptions", "0004_entitlements_exist"),
        ("merchants", "0016_plan_version_of_merchant"),
    ]

    operations = [migrations.RunSQL(KEYS, UNDO)]
