from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("buyers", "0002_not_emptied"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="code", name="buyers_code_one_open"),
        migrations.AddIndex(
            model_name="code", index=models.Index(fields=["email_key"], name="buyers_code_address")
        ),
    ]
