"""Memberships are never emptied at a stroke: TRUNCATE fires no trigger of a row."""

from django.db import migrations

TABLES = "subscription invoice mandate policy pricechange recurringchange"

GUARDS = "".join(
    f"CREATE TRIGGER {name}_is_not_emptied BEFORE TRUNCATE ON subscriptions_{name} FOR EACH STATEMENT"
    " EXECUTE FUNCTION payments_refuse('what happened is not emptied');\n"
    for name in TABLES.split()
)
UNDO = "".join(f"DROP TRIGGER {name}_is_not_emptied ON subscriptions_{name};\n" for name in TABLES.split())


class Migration(migrations.Migration):
    dependencies = [("subscriptions", "0002_invoices_of_merchants")]

    operations = [
        migrations.RunSQL(GUARDS, UNDO),
    ]
