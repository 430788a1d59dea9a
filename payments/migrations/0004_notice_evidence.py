"""A notice is one message: known by its key and by the hash of what it says, never changed, and kept."""

from django.db import migrations, models

# Rows from before have no hash of what they said; that of their sealed body is theirs alone.
DIGESTS = """
UPDATE payments_notice SET digest = sha256(body);
ALTER TABLE payments_notice ADD CONSTRAINT notice_digest CHECK (octet_length(digest) = 32);
"""
DROP_DIGESTS = "ALTER TABLE payments_notice DROP CONSTRAINT notice_digest;\n"

_EVIDENCE = [
    *("id", "account_id", "payment_id", "asked", "key", "said", "channel_txn", "amount", "currency"),
    *("occurred_at", "body", "received_at"),
]


def _evidence(columns: list[str]) -> str:
    new, old = (", ".join(f"{side}.{column}" for column in columns) for side in ("NEW", "OLD"))
    return (
        "DROP TRIGGER notice_is_evidence ON payments_notice;\n"
        f"CREATE TRIGGER notice_is_evidence BEFORE UPDATE OF {', '.join(columns)} ON payments_notice\n"
        f"    FOR EACH ROW WHEN (({new}) IS DISTINCT FROM ({old}))\n"
        "    EXECUTE FUNCTION payments_refuse('a notice is evidence');\n"
    )


GUARDS = """
CREATE TRIGGER notice_verdict_stands BEFORE UPDATE OF reason ON payments_notice FOR EACH ROW
    WHEN (NEW.reason <> OLD.reason AND NEW.state = OLD.state)
    EXECUTE FUNCTION payments_refuse('a verdict changes with its state');
CREATE TRIGGER notice_is_kept BEFORE DELETE ON payments_notice FOR EACH ROW
    WHEN (OLD.received_at > now() - interval '36 months')
    EXECUTE FUNCTION payments_refuse('a notice is kept for three years');
"""
DROP_GUARDS = """
DROP TRIGGER notice_verdict_stands ON payments_notice;
DROP TRIGGER notice_is_kept ON payments_notice;
"""


class Migration(migrations.Migration):
    """Whole evidence."""

    dependencies = [("payments", "0003_refund_retries")]

    operations = [
        migrations.AddField(
            model_name="notice",
            name="digest",
            field=models.BinaryField(default=b"", max_length=32),
            preserve_default=False,
        ),
        migrations.RunSQL(DIGESTS, DROP_DIGESTS),
        migrations.RemoveConstraint(model_name="notice", name="notice_once"),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.UniqueConstraint(fields=("account", "key", "digest"), name="notice_once"),
        ),
        migrations.RunSQL(_evidence([*_EVIDENCE, "digest"]) + GUARDS, DROP_GUARDS + _evidence(_EVIDENCE)),
    ]
