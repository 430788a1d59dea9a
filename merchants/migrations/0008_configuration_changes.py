"""A row for each statement that changed what is sold, by whom or at what price; see merchants/revision.py."""

from django.db import migrations

TABLES = ("merchants_merchant", "merchants_store", "merchants_product", "merchants_pricetier")

CREATE = """
CREATE TABLE merchants_configuration_change (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    token numeric NOT NULL
        DEFAULT ('x' || substr(replace(gen_random_uuid()::text, '-', ''), 17))::bit(64)::bigint,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE FUNCTION merchants_configuration_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO merchants_configuration_change DEFAULT VALUES;
    RETURN NULL;
END $$;
"""
DROP = """
DROP FUNCTION merchants_configuration_changed() CASCADE;
DROP TABLE merchants_configuration_change;
"""


def watched(table: str) -> migrations.RunSQL:
    """Let a table tell of its changes."""
    return migrations.RunSQL(
        f"CREATE TRIGGER configuration_changed AFTER INSERT OR UPDATE OR DELETE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION merchants_configuration_changed()",
        f"DROP TRIGGER IF EXISTS configuration_changed ON {table}",
    )


class Migration(migrations.Migration):
    """The table of changes, and who writes to it."""

    dependencies = [("merchants", "0007_webhook_scopes")]

    operations = [migrations.RunSQL(CREATE, DROP), *map(watched, TABLES)]
