"""Statements, payouts and where they go are never emptied at a stroke: TRUNCATE fires no trigger of a row."""

from django.db import migrations

TABLES = "bankaccount exchangerate railaccount statement payout schedule"

GUARDS = "".join(
    f"CREATE TRIGGER {name}_is_not_emptied BEFORE TRUNCATE ON settlement_{name} FOR EACH STATEMENT"
    " EXECUTE FUNCTION settlement_refuse('settlement_is_not_emptied');\n"
    for name in TABLES.split()
)
UNDO = "".join(f"DROP TRIGGER {name}_is_not_emptied ON settlement_{name};\n" for name in TABLES.split())


class Migration(migrations.Migration):
    dependencies = [("settlement", "0007_exchange_rates")]

    operations = [
        migrations.RunSQL(GUARDS, UNDO),
    ]
