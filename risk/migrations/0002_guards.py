"""What fields cannot say: decisions stay as they were made, and the traces that limits are counted by."""

from django.db import migrations

TRACES = """
-- What a watched key was seen with, for as long as a limit looks back. Unlogged: a crash forgets some seconds of
-- counting, which no order needs, and in exchange a sale writes less. Names are UUIDv7, so they carry the time.
CREATE UNLOGGED TABLE risk_trace (
    key uuid NOT NULL,
    id uuid NOT NULL,
    merchant_id uuid NOT NULL,
    PRIMARY KEY (key, id)
);
"""

GUARD = """
CREATE FUNCTION risk_decision_keep() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    may_change text[] := '{outcome,reasons,review,reviewed_at,reviewed_by}';
BEGIN
    IF to_jsonb(NEW) - may_change <> to_jsonb(OLD) - may_change THEN
        RAISE EXCEPTION 'the facts of a risk decision are kept' USING ERRCODE = 'restrict_violation';
    END IF;
    -- A decision is written as allowed and concluded at most twice: by the judge, by the fall-back after it.
    IF (NEW.outcome, NEW.reasons) IS DISTINCT FROM (OLD.outcome, OLD.reasons)
        AND (OLD.review NOT IN ('none', 'pending') OR NEW.reasons = '[]'
             OR OLD.at < clock_timestamp() - interval '1 minute') THEN
        RAISE EXCEPTION 'a concluded risk decision is kept' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.review IN ('released', 'rejected') AND NEW.review <> OLD.review THEN
        RAISE EXCEPTION 'an ended review is kept' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER risk_decision_keep BEFORE UPDATE ON risk_decision
    FOR EACH ROW EXECUTE FUNCTION risk_decision_keep();
"""

UNDO = """
DROP TRIGGER risk_decision_keep ON risk_decision;
DROP FUNCTION risk_decision_keep();
"""


class Migration(migrations.Migration):
    dependencies = [("risk", "0001_initial")]
    operations = [
        migrations.RunSQL(TRACES, "DROP TABLE risk_trace"),
        migrations.RunSQL(GUARD, UNDO),
    ]
