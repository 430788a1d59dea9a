"""What buyers agreed to is never emptied at a stroke: TRUNCATE fires no trigger of a row."""

from django.db import migrations

TABLES = "buyer formeremail consenttext consent"

GUARDS = "".join(
    f"CREATE TRIGGER {name}_is_not_emptied BEFORE TRUNCATE ON buyers_{name} FOR EACH STATEMENT"
    " EXECUTE FUNCTION buyers_refuse('what was agreed to is not emptied');\n"
    for name in TABLES.split()
)
UNDO = "".join(f"DROP TRIGGER {name}_is_not_emptied ON buyers_{name};\n" for name in TABLES.split())


class Migration(migrations.Migration):
    dependencies = [("buyers", "0001_initial")]

    operations = [
        migrations.RunSQL(GUARDS, UNDO),
    ]
