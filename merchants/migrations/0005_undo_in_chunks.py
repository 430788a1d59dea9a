"""An import is undone by a worker, over several commits: a state of its own, and none voids a key but undoing."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Being undone."""

    dependencies = [("merchants", "0004_api_keys")]

    operations = [
        migrations.RemoveConstraint(model_name="stockbatch", name="batch_state"),
        migrations.RemoveIndex(model_name="stockbatch", name="batch_open"),
        migrations.AlterField(
            model_name="stockbatch",
            name="state",
            field=models.CharField(
                choices=[
                    ("received", "received"),
                    ("checked", "checked"),
                    ("importing", "importing"),
                    ("imported", "imported"),
                    ("cancelled", "cancelled"),
                    ("undoing", "undoing"),
                    ("undone", "undone"),
                ],
                default="received",
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="stockbatch",
            index=models.Index(
                condition=models.Q(("state__in", ["checked", "importing", "received", "undoing"])),
                fields=["created_at"],
                name="batch_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="stockbatch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            *("received", "checked", "importing", "imported", "cancelled"),
                            *("undoing", "undone"),
                        ],
                    )
                ),
                name="batch_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="stockbatch",
            constraint=models.CheckConstraint(
                condition=models.Q(("voided", 0), ("state__in", ["undoing", "undone"]), _connector="OR"),
                name="batch_voided_by_undoing",
            ),
        ),
    ]
