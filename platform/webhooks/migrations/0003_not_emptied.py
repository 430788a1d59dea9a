"""What was told is dropped by age and row, never at a stroke."""

from django.db import migrations

TABLES = "endpoint secret event delivery attempt place"

GUARDS = "".join(
    f"CREATE TRIGGER {name}_is_not_emptied BEFORE TRUNCATE ON webhooks_{name} FOR EACH STATEMENT"
    " EXECUTE FUNCTION webhooks_refuse_change();\n"
    for name in TABLES.split()
)
UNDO = "".join(f"DROP TRIGGER {name}_is_not_emptied ON webhooks_{name};\n" for name in TABLES.split())


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0002_event_places")]

    operations = [
        migrations.RunSQL(GUARDS, UNDO),
    ]
