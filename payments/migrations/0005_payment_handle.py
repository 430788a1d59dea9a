"""A payment keeps the channel's own name for the attempt."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Its name at the channel."""

    dependencies = [("payments", "0004_notice_evidence")]

    operations = [
        migrations.AddField(
            model_name="payment",
            name="handle",
            field=models.CharField(blank=True, db_default="", default="", max_length=120),
        ),
    ]
