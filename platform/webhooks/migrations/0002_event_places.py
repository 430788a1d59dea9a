from django.db import migrations, models

# Events that are kept already stay where readers' cursors know them: at their number.
_PLACES = """
ALTER TABLE webhooks_event DISABLE TRIGGER webhooks_event_fixed;
UPDATE webhooks_event SET place = number;
ALTER TABLE webhooks_event ENABLE TRIGGER webhooks_event_fixed;
INSERT INTO webhooks_place (merchant_id, last)
SELECT merchant_id, max(number) FROM webhooks_event GROUP BY merchant_id;
"""


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Place",
            fields=[
                ("merchant_id", models.UUIDField(primary_key=True, serialize=False)),
                ("last", models.BigIntegerField()),
            ],
            options={"db_table": "webhooks_place"},
        ),
        migrations.AddField("publicevent", "place", models.BigIntegerField(null=True)),
        migrations.RunSQL(_PLACES, migrations.RunSQL.noop),
        migrations.AlterField("publicevent", "place", models.BigIntegerField()),
        migrations.RemoveIndex("publicevent", "webhooks_event_log"),
        migrations.AddConstraint(
            "publicevent",
            models.UniqueConstraint(fields=["merchant_id", "place"], name="webhooks_event_place"),
        ),
    ]
