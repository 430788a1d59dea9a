from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0002_people_at_work"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="auditrow",
            index=models.Index(
                condition=models.Q(("reason", ""), _negated=True), fields=["id"], name="audit_row_with_reason"
            ),
        ),
    ]
