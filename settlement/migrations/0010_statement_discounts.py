"""What coupons took off the sales of a statement is added up once, when it is made.

A memo, and in no sum. Its page shows it each time, and to go through a million lines takes a second.
"""

from django.db import migrations, models

# Of two lines of a sale that are as large as the buyer's money one counts, so each sale counts once.
COUNT = """
CREATE FUNCTION settlement_discounts(of_account bigint, behind timestamptz, until timestamptz,
    OUT given bigint, OUT borne bigint) STABLE LANGUAGE sql AS $$
    SELECT coalesce(sum(discount), 0)::bigint, coalesce(sum(promotion), 0)::bigint FROM (
        SELECT DISTINCT t.id, (t.facts->>'discount')::bigint AS discount,
            coalesce((t.facts->>'promotion')::bigint, 0) AS promotion
        FROM ledger_entry e JOIN ledger_transaction t ON t.id = e.transaction_id
        WHERE e.account_id = of_account AND e.available_at <= until
            AND e.available_at > coalesce(behind, '-infinity') AND t.kind = 'payment.captured'
            AND CASE WHEN t.facts ? 'discount'
                THEN -e.amount = (t.facts->>'list')::bigint - (t.facts->>'discount')::bigint ELSE false END
    ) AS sales
$$;
CREATE FUNCTION settlement_remember_discounts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT given, borne INTO NEW.discounts, NEW.promotions
        FROM settlement_discounts(NEW.account_id, NEW.previous, NEW.upto);
    RETURN NEW;
END $$;
-- Behind `statement_is_computed` by its name, which says where the period begins.
CREATE TRIGGER statement_remembers_discounts BEFORE INSERT ON settlement_statement FOR EACH ROW
    EXECUTE FUNCTION settlement_remember_discounts();
"""
UNCOUNT = """
DROP TRIGGER statement_remembers_discounts ON settlement_statement;
DROP FUNCTION settlement_remember_discounts();
DROP FUNCTION settlement_discounts(bigint, timestamptz, timestamptz);
"""
CATCH_UP = """
ALTER TABLE settlement_statement DISABLE TRIGGER statement_stays;
UPDATE settlement_statement s SET (discounts, promotions)
    = (SELECT given, borne FROM settlement_discounts(s.account_id, s.previous, s.upto));
ALTER TABLE settlement_statement ENABLE TRIGGER statement_stays;
"""


class Migration(migrations.Migration):
    dependencies = [("settlement", "0009_true_times"), ("ledger", "0002_guards")]

    operations = [
        migrations.AddField(
            model_name="statement",
            name="discounts",
            field=models.BigIntegerField(
                default=0, editable=False, verbose_name="Discounts given (in no sum)"
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="statement",
            name="promotions",
            field=models.BigIntegerField(
                default=0, editable=False, verbose_name="Of these borne by the platform"
            ),
            preserve_default=False,
        ),
        migrations.RunSQL(COUNT, UNCOUNT),
        migrations.RunSQL(CATCH_UP, migrations.RunSQL.noop),
    ]
