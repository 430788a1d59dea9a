"""Decisions and the rules behind them are never emptied at a stroke."""

from django.db import migrations

TABLES = "decision list_entry limit policy"

FUNCTION = """
CREATE FUNCTION risk_refuse_emptying() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was decided is not emptied: % on % refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'check_violation';
END $$;
"""

GUARDS = "".join(
    f"CREATE TRIGGER {name}_is_not_emptied BEFORE TRUNCATE ON risk_{name} FOR EACH STATEMENT"
    " EXECUTE FUNCTION risk_refuse_emptying();\n"
    for name in TABLES.split()
)
UNDO = "".join(f"DROP TRIGGER {name}_is_not_emptied ON risk_{name};\n" for name in TABLES.split())


class Migration(migrations.Migration):
    dependencies = [("risk", "0002_guards")]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION risk_refuse_emptying()"),
        migrations.RunSQL(GUARDS, UNDO),
    ]
