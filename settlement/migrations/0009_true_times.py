"""Approvals bear the time at which they are given, and how a payout ended is not told otherwise later.

A payout tells a history afterwards (demo and simulation play such) where it says to have been drafted before
its statement was written, which the database stamps itself. Its approvals lie between its draft and now.
Those of any other are given now.
"""

from django.db import migrations

TIMES = """
CREATE FUNCTION settlement_time_payout() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    leeway CONSTANT interval := '5 minutes';  -- between the clocks of two machines, and for a slow commit
    earliest timestamptz := clock_timestamp() - leeway;
    latest timestamptz := clock_timestamp() + leeway;
BEGIN
    PERFORM FROM settlement_statement s WHERE s.id = NEW.statement_id AND NEW.drafted_at < s.created_at - leeway;
    IF FOUND THEN
        earliest := NEW.drafted_at;
    END IF;
    earliest := greatest(earliest, NEW.drafted_at);
    IF NEW.first_approved_at IS DISTINCT FROM OLD.first_approved_at
            AND NOT NEW.first_approved_at BETWEEN earliest AND latest
        OR NEW.second_approved_at IS DISTINCT FROM OLD.second_approved_at
            AND NOT NEW.second_approved_at BETWEEN earliest AND latest
    THEN
        PERFORM settlement_refuse_by('payout_times_are_true');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payout_times_are_true BEFORE UPDATE OF first_approved_at, second_approved_at
    ON settlement_payout FOR EACH ROW EXECUTE FUNCTION settlement_time_payout();
"""
UNDO_TIMES = """
DROP TRIGGER payout_times_are_true ON settlement_payout;
DROP FUNCTION settlement_time_payout();
"""

# What was paid may still come back, with words of its own.
ENDS = """
CREATE TRIGGER payout_tells_its_end_once BEFORE UPDATE ON settlement_payout FOR EACH ROW
    WHEN (OLD.state IN ('rejected', 'cancelled', 'failed', 'returned', 'paid') AND (
        NEW.state = OLD.state AND (NEW.code, NEW.message, NEW.concluded_at)
            IS DISTINCT FROM (OLD.code, OLD.message, OLD.concluded_at)
        OR (NEW.reason, NEW.paid_at) IS DISTINCT FROM (OLD.reason, OLD.paid_at)))
    EXECUTE FUNCTION settlement_refuse('payout_tells_its_end_once');
"""
UNDO_ENDS = "DROP TRIGGER payout_tells_its_end_once ON settlement_payout;"


class Migration(migrations.Migration):
    dependencies = [("settlement", "0008_not_emptied")]

    operations = [
        migrations.RunSQL(TIMES, UNDO_TIMES),
        migrations.RunSQL(ENDS, UNDO_ENDS),
    ]
