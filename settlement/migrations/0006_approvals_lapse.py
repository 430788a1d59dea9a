"""A first approval lapses after three days; then it is given anew, under the rules of the first.

Every refusal is a `check_violation` that names its rule in the field CONSTRAINT.
"""

import datetime

from django.db import migrations, models

_KEEP = """
CREATE OR REPLACE FUNCTION settlement_keep_payout() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.statement_id, NEW.merchant_id, NEW.book, NEW.currency, NEW.amount, NEW.bank_account_id,
            NEW.licence_id, NEW.maker_id, NEW.drafted_at)
        IS DISTINCT FROM (OLD.id, OLD.statement_id, OLD.merchant_id, OLD.book, OLD.currency, OLD.amount,
            OLD.bank_account_id, OLD.licence_id, OLD.maker_id, OLD.drafted_at)
    THEN
        PERFORM settlement_refuse_by('payout_is_agreed');
    END IF;
    IF OLD.first_approved_by_id IS NOT NULL AND (NEW.first_approved_by_id, NEW.first_approved_at, NEW.first_proved_at)
            IS DISTINCT FROM (OLD.first_approved_by_id, OLD.first_approved_at, OLD.first_proved_at) {unless}
        OR OLD.second_approved_by_id IS NOT NULL
            AND (NEW.second_approved_by_id, NEW.second_approved_at, NEW.second_proved_at)
            IS DISTINCT FROM (OLD.second_approved_by_id, OLD.second_approved_at, OLD.second_proved_at)
        OR OLD.rail_account_id IS NOT NULL AND NEW.rail_account_id IS DISTINCT FROM OLD.rail_account_id
        OR OLD.sent_at IS NOT NULL AND NEW.sent_at IS DISTINCT FROM OLD.sent_at
    THEN
        PERFORM settlement_refuse_by('payout_keeps_what_happened');
    END IF;
    RETURN NEW;
END $$;
"""

# A lapsed approval gives way to another, and to nothing else; by the writer's clock and by this one.
_UNLESS_LAPSED = """
            AND NOT coalesce(OLD.state = 'first_approved' AND NEW.state = 'first_approved'
                AND NEW.first_approved_by_id IS NOT NULL
                AND NEW.first_approved_at > OLD.first_approved_at + interval '72 hours'
                AND clock_timestamp() > OLD.first_approved_at + interval '72 hours', false)"""

_ANEW = """
    BEFORE UPDATE OF first_approved_by_id, first_approved_at ON settlement_payout FOR EACH ROW
    WHEN (NEW.state = 'first_approved' AND OLD.state = 'first_approved'
        AND (NEW.first_approved_by_id, NEW.first_approved_at)
            IS DISTINCT FROM (OLD.first_approved_by_id, OLD.first_approved_at))
"""

FORTH = (
    _KEEP.replace("{unless}", _UNLESS_LAPSED)
    + f"CREATE TRIGGER payout_is_still_permitted_anew {_ANEW} EXECUTE FUNCTION settlement_permit_payout();"
    + f"CREATE TRIGGER payout_is_approved_anew {_ANEW} EXECUTE FUNCTION settlement_approve_payout();"
)
BACK = (
    "DROP TRIGGER IF EXISTS payout_is_approved_anew ON settlement_payout;"
    "DROP TRIGGER IF EXISTS payout_is_still_permitted_anew ON settlement_payout;"
    + _KEEP.replace("{unless}", "")
)


class Migration(migrations.Migration):
    """The bound, and the way to renew what has passed it."""

    dependencies = [("settlement", "0005_configuration_changes")]

    operations = [
        migrations.AddConstraint(
            model_name="payout",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("second_approved_at__isnull", True),
                    models.Q(
                        ("second_approved_at__gte", models.F("first_approved_at")),
                        (
                            "second_approved_at__lte",
                            models.F("first_approved_at") + datetime.timedelta(days=3),
                        ),
                    ),
                    _connector="OR",
                ),
                name="payout_approved_within_three_days",
            ),
        ),
        migrations.RunSQL(FORTH, BACK),
    ]
