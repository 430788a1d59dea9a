"""A refund that failed may be tried again, a bounded number of times, and each time is counted."""

from django.db import migrations, models

# The whole table of moves as it is now.
_MOVES = """
    requested>sent requested>unknown requested>succeeded requested>failed sent>unknown sent>succeeded
    sent>failed unknown>sent unknown>succeeded unknown>failed"""


def _may(moves: str) -> str:
    return (
        "CREATE OR REPLACE FUNCTION payments_refund_may(source text, target text) RETURNS boolean IMMUTABLE\n"
        "    LANGUAGE plpgsql AS $$ BEGIN RETURN source || '>' || target = ANY "
        f"('{{{','.join(moves.split())}}}'::text[]); END $$;\n"
    )


GUARD = """
CREATE TRIGGER refund_turns_are_counted BEFORE UPDATE OF state, retries ON payments_refund FOR EACH ROW
    WHEN (NEW.retries <> OLD.retries + (OLD.state = 'failed' AND NEW.state = 'requested')::int)
    EXECUTE FUNCTION payments_refuse('a refund that is tried again is counted, and no other');
"""
DROP_GUARD = "DROP TRIGGER refund_turns_are_counted ON payments_refund;\n"


class Migration(migrations.Migration):
    """Tried again, and counted."""

    dependencies = [("payments", "0002_guards")]

    operations = [
        migrations.AddField(
            model_name="refund",
            name="retries",
            field=models.SmallIntegerField(default=0),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(("retries__gte", 0), ("retries__lte", 10)), name="refund_retries"
            ),
        ),
        migrations.RunSQL(_may(_MOVES + " failed>requested") + GUARD, DROP_GUARD + _may(_MOVES)),
    ]
