"""Orders and all that happened to them are never emptied at a stroke: TRUNCATE fires no trigger of a row."""

from django.db import migrations

TABLES = "channelaccount order payment refund dispute memo notice"

GUARDS = "".join(
    f"CREATE TRIGGER {name}_is_not_emptied BEFORE TRUNCATE ON payments_{name} FOR EACH STATEMENT"
    " EXECUTE FUNCTION payments_refuse('what happened is not emptied');\n"
    for name in TABLES.split()
)
UNDO = "".join(f"DROP TRIGGER {name}_is_not_emptied ON payments_{name};\n" for name in TABLES.split())


class Migration(migrations.Migration):
    dependencies = [("payments", "0013_subscriptions")]

    operations = [
        migrations.RunSQL(GUARDS, UNDO),
    ]
