"""A key takes the place of one of the same merchant and book, whoever writes."""

from django.db import migrations

OWN = """
ALTER TABLE merchants_apikey ADD CONSTRAINT api_key_of_merchant UNIQUE (id, merchant_id, book);
ALTER TABLE merchants_apikey ADD CONSTRAINT api_key_replaces_own FOREIGN KEY (replaces_id, merchant_id, book)
    REFERENCES merchants_apikey (id, merchant_id, book);
"""
ANYBODYS = """
ALTER TABLE merchants_apikey DROP CONSTRAINT api_key_replaces_own, DROP CONSTRAINT api_key_of_merchant;
"""


class Migration(migrations.Migration):
    """A composite key behind `replaces`."""

    dependencies = [("merchants", "0008_configuration_changes")]

    operations = [migrations.RunSQL(OWN, ANYBODYS)]
