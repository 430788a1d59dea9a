"""Changes of channel accounts are told like those of what is sold; see merchants/revision.py."""

from django.db import migrations


class Migration(migrations.Migration):
    """The trigger."""

    dependencies = [("payments", "0008_disputes"), ("merchants", "0008_configuration_changes")]

    operations = [
        migrations.RunSQL(
            "CREATE TRIGGER configuration_changed AFTER INSERT OR UPDATE OR DELETE ON payments_channelaccount"
            " FOR EACH STATEMENT EXECUTE FUNCTION merchants_configuration_changed()",
            "DROP TRIGGER IF EXISTS configuration_changed ON payments_channelaccount",
        )
    ]
