"""How much of a product's free stock one buyer may hold without paying."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """A share, in per cent."""

    dependencies = [("merchants", "0005_undo_in_chunks")]

    operations = [
        migrations.AddField(
            model_name="product",
            name="unpaid_share",
            field=models.SmallIntegerField(default=20),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(("unpaid_share__gte", 1), ("unpaid_share__lte", 100)),
                name="product_unpaid_share",
            ),
        ),
    ]
