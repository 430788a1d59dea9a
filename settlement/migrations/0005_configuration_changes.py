"""Changes of fee plans are told like those of what is sold; see merchants/revision.py."""

from django.db import migrations


class Migration(migrations.Migration):
    """The trigger."""

    dependencies = [("settlement", "0004_settled_guards"), ("merchants", "0008_configuration_changes")]

    operations = [
        migrations.RunSQL(
            "CREATE TRIGGER configuration_changed AFTER INSERT OR UPDATE OR DELETE ON settlement_fee_plan"
            " FOR EACH STATEMENT EXECUTE FUNCTION merchants_configuration_changed()",
            "DROP TRIGGER IF EXISTS configuration_changed ON settlement_fee_plan",
        )
    ]
