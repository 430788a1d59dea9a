"""Events are never emptied at a stroke, nor how far each was read: TRUNCATE fires no trigger of a row."""

from django.db import migrations

TABLES = "event number cursor parked"

GUARDS = "".join(
    f"CREATE TRIGGER {name}_is_not_emptied BEFORE TRUNCATE ON outbox_{name} FOR EACH STATEMENT"
    " EXECUTE FUNCTION outbox_refuse_change();\n"
    for name in TABLES.split()
)
UNDO = "".join(f"DROP TRIGGER {name}_is_not_emptied ON outbox_{name};\n" for name in TABLES.split())


class Migration(migrations.Migration):
    dependencies = [("outbox", "0001_initial")]

    operations = [
        migrations.RunSQL(GUARDS, UNDO),
    ]
