"""Each day of the schedule is told once: how many of them were."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("subscriptions", "0005_versions_exist")]

    operations = [
        migrations.AddField(
            model_name="subscription",
            name="told_tries",
            field=models.SmallIntegerField(db_default=0, default=0),
        ),
    ]
