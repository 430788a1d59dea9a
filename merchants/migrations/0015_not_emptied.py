"""What belongs to merchants is never emptied at a stroke: TRUNCATE fires no trigger of a row."""

from django.db import migrations

TABLES = "licence merchant user apikey store product pricetier coupon couponproduct couponcode codebatch member invitation plan stockbatch"

GUARDS = "".join(
    f"CREATE TRIGGER {name}_is_not_emptied BEFORE TRUNCATE ON merchants_{name} FOR EACH STATEMENT"
    " EXECUTE FUNCTION merchants_refuse('what a merchant has is not emptied');\n"
    for name in TABLES.split()
)
UNDO = "".join(f"DROP TRIGGER {name}_is_not_emptied ON merchants_{name};\n" for name in TABLES.split())


class Migration(migrations.Migration):
    dependencies = [("merchants", "0014_subscription_scopes")]

    operations = [
        migrations.RunSQL(GUARDS, UNDO),
    ]
