"""What an unpaid order may hold, and for how long: a share of the shelf, and more time twice at most."""

from django.db import migrations, models

# A buyer's first unpaid order in a store costs no call. What stands here is what the placing statement asks as
# well; this one also sees what was committed while that one ran.
GUARDS = """
CREATE FUNCTION payments_order_shares() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    held bigint;
    most integer;
    share integer;
BEGIN
    SELECT greatest(coalesce(sum(quantity) FILTER (WHERE contact_key = NEW.contact_key), 0),
            coalesce(sum(quantity) FILTER (WHERE address_key = NEW.address_key), 0)) INTO held
        FROM payments_order WHERE store_id = NEW.store_id AND product_id = NEW.product_id
            AND payment_state = 'pending'
            AND (contact_key = NEW.contact_key OR address_key = NEW.address_key);
    SELECT max_quantity, unpaid_share INTO most, share FROM merchants_product WHERE id = NEW.product_id;
    IF held > most AND held * 100 > share * (held + (SELECT count(*) FROM (
            SELECT FROM merchants_stockitem WHERE product_id = NEW.product_id AND state = 'available'
            LIMIT held * 100 / share + 1) AS free)) THEN
        RAISE EXCEPTION 'order_share: one buyer would hold % keys unpaid', held
            USING ERRCODE = 'check_violation', CONSTRAINT = 'order_share';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER order_share AFTER INSERT ON payments_order FOR EACH ROW
    WHEN (NEW.contact_slot > 1 OR NEW.address_slot > 1) EXECUTE FUNCTION payments_order_shares();
CREATE TRIGGER order_extends BEFORE UPDATE OF expires_at, extensions ON payments_order FOR EACH ROW
    WHEN (NEW.extensions < OLD.extensions OR NEW.expires_at > OLD.expires_at
        AND (NEW.extensions <> OLD.extensions + 1 OR NEW.expires_at > OLD.expires_at + interval '15 minutes'))
    EXECUTE FUNCTION payments_refuse('more time is counted, and fifteen minutes each');
"""
DROP_GUARDS = """
DROP TRIGGER order_extends ON payments_order;
DROP TRIGGER order_share ON payments_order;
DROP FUNCTION payments_order_shares();
"""


class Migration(migrations.Migration):
    """Bounds of what is not paid."""

    dependencies = [("payments", "0005_payment_handle"), ("merchants", "0006_unpaid_share")]

    operations = [
        # Orders that took more time than there is now have had it.
        migrations.RunSQL(
            "UPDATE payments_order SET extensions = 2 WHERE extensions > 2", migrations.RunSQL.noop
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(("extensions__gte", 0), ("extensions__lte", 2)), name="order_extensions"
            ),
        ),
        migrations.RunSQL(GUARDS, DROP_GUARDS),
    ]
