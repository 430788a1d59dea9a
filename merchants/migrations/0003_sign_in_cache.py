"""The table behind Django's cache: rate limits of signing in and second-factor codes that were used."""

from django.db import migrations

# Unlogged: what a crash of the server forgets here is a few minutes of counting.
CREATE = """
CREATE UNLOGGED TABLE merchants_sign_in_cache (
    cache_key varchar(255) PRIMARY KEY,
    value text NOT NULL,
    expires timestamptz NOT NULL
);
CREATE INDEX merchants_sign_in_cache_expires ON merchants_sign_in_cache (expires);
"""


class Migration(migrations.Migration):
    """The cache table."""

    dependencies = [("merchants", "0002_guards")]

    operations = [migrations.RunSQL(CREATE, "DROP TABLE merchants_sign_in_cache")]
