"""A plan's version can be named together with its merchant, by those that are on it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("merchants", "0015_not_emptied")]

    operations = [
        migrations.AddConstraint(
            model_name="planversion",
            constraint=models.UniqueConstraint(fields=["merchant", "id"], name="plan_version_of_merchant"),
        ),
    ]
