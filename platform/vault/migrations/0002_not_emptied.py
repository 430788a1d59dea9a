"""Keys are shredded one by one; to empty the table would shred everybody's."""

from django.db import migrations

TABLES = "data_key"

FUNCTION = """
CREATE FUNCTION vault_refuse_emptying() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'keys are shredded one by one: % on % refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'check_violation';
END $$;
"""

GUARDS = "".join(
    f"CREATE TRIGGER {name}_is_not_emptied BEFORE TRUNCATE ON vault_{name} FOR EACH STATEMENT"
    " EXECUTE FUNCTION vault_refuse_emptying();\n"
    for name in TABLES.split()
)
UNDO = "".join(f"DROP TRIGGER {name}_is_not_emptied ON vault_{name};\n" for name in TABLES.split())


class Migration(migrations.Migration):
    dependencies = [("vault", "0001_initial")]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION vault_refuse_emptying()"),
        migrations.RunSQL(GUARDS, UNDO),
    ]
