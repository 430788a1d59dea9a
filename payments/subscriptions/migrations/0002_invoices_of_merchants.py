"""A merchant's invoices are listed newest first."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("subscriptions", "0001_initial")]

    operations = [
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(fields=["merchant", "-id"], name="invoice_of_merchant"),
        ),
    ]
