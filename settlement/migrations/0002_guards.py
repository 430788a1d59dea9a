"""What fields cannot say: versions stay as they were written, and a fixed fee is whole minor units."""

from django.db import migrations

GUARDS = """
ALTER TABLE settlement_fee_plan ADD CONSTRAINT fee_plan_fixed_is_minor_units CHECK (
    jsonb_typeof(fixed) = 'object'
    AND NOT jsonb_path_exists(fixed, '$.* ? (@.type() != "number")')
    AND NOT jsonb_path_exists(fixed, '$.* ? (@ < 0 || @.floor() != @)')
);

CREATE FUNCTION settlement_fee_plan_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'fee plans are changed by a new row, never in place' USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER settlement_fee_plan_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON settlement_fee_plan
    FOR EACH STATEMENT EXECUTE FUNCTION settlement_fee_plan_keep();
"""

UNDO = """
DROP TRIGGER settlement_fee_plan_keep ON settlement_fee_plan;
DROP FUNCTION settlement_fee_plan_keep();
ALTER TABLE settlement_fee_plan DROP CONSTRAINT fee_plan_fixed_is_minor_units;
"""


class Migration(migrations.Migration):
    dependencies = [("settlement", "0001_initial")]
    operations = [migrations.RunSQL(GUARDS, UNDO)]
