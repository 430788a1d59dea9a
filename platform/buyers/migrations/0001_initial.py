"""Buyers, their codes, and what they agreed to; with what Django's constraints cannot say."""

import django.db.models.deletion
from django.db import migrations, models

import kernel.ids

GUARDS = """
ALTER TABLE buyers_consenttext ADD CONSTRAINT consent_text_size CHECK (octet_length(text) BETWEEN 1 AND 20000),
    ADD CONSTRAINT consent_text_digest CHECK (sha256 = sha256(convert_to(text, 'UTF8')));

CREATE FUNCTION buyers_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: % on % refused', TG_ARGV[0], TG_OP, TG_TABLE_NAME USING ERRCODE = 'check_violation';
END $$;

CREATE TRIGGER consent_text_stays BEFORE UPDATE OR DELETE ON buyers_consenttext FOR EACH ROW
    EXECUTE FUNCTION buyers_refuse('what was agreed to is not rewritten');
CREATE TRIGGER consent_is_kept BEFORE DELETE ON buyers_consent FOR EACH ROW
    EXECUTE FUNCTION buyers_refuse('a consent is kept');
-- Whose it is, to what and since when are facts; only the end comes later, once.
CREATE TRIGGER consent_ends_once BEFORE UPDATE ON buyers_consent FOR EACH ROW
    WHEN (OLD.ended_at IS NOT NULL
        OR (NEW.id, NEW.buyer_key, NEW.kind, NEW.text_id, NEW.subject_type, NEW.subject_id, NEW.at)
            IS DISTINCT FROM (OLD.id, OLD.buyer_key, OLD.kind, OLD.text_id, OLD.subject_type, OLD.subject_id, OLD.at))
    EXECUTE FUNCTION buyers_refuse('a consent only ends, and once');
CREATE FUNCTION buyers_consent_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM buyers_consenttext t WHERE t.id = NEW.text_id AND t.kind = NEW.kind;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a consent names words of its own kind' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER consent_words BEFORE INSERT ON buyers_consent FOR EACH ROW EXECUTE FUNCTION buyers_consent_words();

CREATE TRIGGER buyer_stays_erased BEFORE UPDATE ON buyers_buyer FOR EACH ROW
    WHEN (OLD.erased_at IS NOT NULL) EXECUTE FUNCTION buyers_refuse('who is forgotten does not come back');
CREATE TRIGGER buyer_is_kept BEFORE DELETE ON buyers_buyer FOR EACH ROW
    EXECUTE FUNCTION buyers_refuse('a buyer is erased, not deleted');
CREATE TRIGGER buyer_epoch_rises BEFORE UPDATE OF session_epoch ON buyers_buyer FOR EACH ROW
    WHEN (NEW.session_epoch < OLD.session_epoch)
    EXECUTE FUNCTION buyers_refuse('what was signed out stays signed out');
"""

UNGUARD = """
DROP TRIGGER buyer_epoch_rises ON buyers_buyer;
DROP TRIGGER buyer_is_kept ON buyers_buyer;
DROP TRIGGER buyer_stays_erased ON buyers_buyer;
DROP TRIGGER consent_words ON buyers_consent;
DROP TRIGGER consent_ends_once ON buyers_consent;
DROP TRIGGER consent_is_kept ON buyers_consent;
DROP TRIGGER consent_text_stays ON buyers_consenttext;
DROP FUNCTION buyers_consent_words(), buyers_refuse();
ALTER TABLE buyers_consenttext DROP CONSTRAINT consent_text_digest, DROP CONSTRAINT consent_text_size;
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Buyer",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.new, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("email", models.BinaryField()),
                ("email_key", models.BinaryField(max_length=16, null=True)),
                (
                    "language",
                    models.CharField(choices=[("zh-hans", "简体中文"), ("en", "English")], max_length=10),
                ),
                ("session_epoch", models.IntegerField(default=1)),
                ("created_at", models.DateTimeField()),
                ("last_seen_at", models.DateTimeField()),
                ("erased_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("email_key",), name="buyer_email_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("email_key__isnull", False),
                                ("erased_at__isnull", True),
                                models.Q(("email", b""), _negated=True),
                            ),
                            models.Q(
                                ("email", b""), ("email_key__isnull", True), ("erased_at__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="buyer_erased_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("session_epoch__gte", 1)), name="buyer_session_epoch"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Code",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.new, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("sign_in", "Sign In"),
                            ("old_email", "Old Email"),
                            ("new_email", "New Email"),
                        ],
                        max_length=9,
                    ),
                ),
                ("email_key", models.BinaryField(max_length=16)),
                ("email", models.BinaryField()),
                ("digest", models.BinaryField(max_length=16)),
                ("tries", models.SmallIntegerField(default=0)),
                ("expires_at", models.DateTimeField(db_index=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("email_key", "purpose"), name="buyers_code_one_open"),
                    models.CheckConstraint(
                        condition=models.Q(("purpose__in", ["sign_in", "old_email", "new_email"])),
                        name="buyers_code_purpose",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("tries__gte", 0), ("tries__lte", 5)), name="buyers_code_tries"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ConsentText",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.new, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("kind", models.CharField(max_length=40)),
                ("version", models.PositiveSmallIntegerField()),
                (
                    "language",
                    models.CharField(choices=[("zh-hans", "简体中文"), ("en", "English")], max_length=10),
                ),
                ("text", models.TextField()),
                ("sha256", models.BinaryField(max_length=32)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("sha256", "kind", "version", "language"), name="consent_text_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("version__gte", 1)), name="consent_text_version"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Consent",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.new, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("buyer_key", models.BinaryField(max_length=16)),
                ("kind", models.CharField(max_length=40)),
                ("subject_type", models.CharField(max_length=32)),
                ("subject_id", models.UUIDField()),
                ("at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "text",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="buyers.consenttext"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["buyer_key", "id"], name="consent_of_buyer"),
                    models.Index(fields=["subject_id"], name="consent_of_subject"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=("buyer_key", "kind", "subject_type", "subject_id"),
                        name="consent_one_in_force",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ended_at__isnull", True), ("ended_at__gte", models.F("at")), _connector="OR"
                        ),
                        name="consent_ends_after",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FormerEmail",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.new, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("email_key", models.BinaryField(max_length=16)),
                ("until", models.DateTimeField()),
                (
                    "buyer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="former_emails",
                        to="buyers.buyer",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("buyer", "email_key"), name="former_email_once")
                ],
            },
        ),
        migrations.RunSQL(GUARDS, UNGUARD),
    ]
