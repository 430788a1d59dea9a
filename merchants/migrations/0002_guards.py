"""What Django's constraints cannot say: composite keys that keep tenants and books together, and triggers."""

from django.db import migrations

COMPOSITE_KEYS = """
ALTER TABLE merchants_merchant
    ADD COLUMN twin_of_book varchar(8)
        GENERATED ALWAYS AS (CASE WHEN twin_of_id IS NOT NULL THEN 'live' END) STORED,
    ADD CONSTRAINT merchant_twin_of_live FOREIGN KEY (twin_of_id, twin_of_book)
        REFERENCES merchants_merchant (id, book);
ALTER TABLE merchants_member
    ADD COLUMN merchant_book varchar(8) GENERATED ALWAYS AS ('live') STORED,
    ADD CONSTRAINT member_of_live FOREIGN KEY (merchant_id, merchant_book)
        REFERENCES merchants_merchant (id, book);
ALTER TABLE merchants_invitation
    ADD COLUMN merchant_book varchar(8) GENERATED ALWAYS AS ('live') STORED,
    ADD CONSTRAINT invitation_of_live FOREIGN KEY (merchant_id, merchant_book)
        REFERENCES merchants_merchant (id, book);
ALTER TABLE merchants_store
    ADD CONSTRAINT store_merchant_book FOREIGN KEY (merchant_id, book)
        REFERENCES merchants_merchant (id, book);
ALTER TABLE merchants_product
    ADD CONSTRAINT product_store_merchant FOREIGN KEY (store_id, merchant_id)
        REFERENCES merchants_store (id, merchant_id);
ALTER TABLE merchants_stockbatch
    ADD CONSTRAINT batch_product_merchant FOREIGN KEY (product_id, merchant_id)
        REFERENCES merchants_product (id, merchant_id);
ALTER TABLE merchants_stockitem
    ADD CONSTRAINT stock_product_merchant FOREIGN KEY (product_id, merchant_id)
        REFERENCES merchants_product (id, merchant_id),
    ADD CONSTRAINT stock_batch_product FOREIGN KEY (batch_id, product_id)
        REFERENCES merchants_stockbatch (id, product_id);
"""

DROP_COMPOSITE_KEYS = """
ALTER TABLE merchants_stockitem DROP CONSTRAINT stock_product_merchant, DROP CONSTRAINT stock_batch_product;
ALTER TABLE merchants_stockbatch DROP CONSTRAINT batch_product_merchant;
ALTER TABLE merchants_product DROP CONSTRAINT product_store_merchant;
ALTER TABLE merchants_store DROP CONSTRAINT store_merchant_book;
ALTER TABLE merchants_invitation DROP CONSTRAINT invitation_of_live, DROP COLUMN merchant_book;
ALTER TABLE merchants_member DROP CONSTRAINT member_of_live, DROP COLUMN merchant_book;
ALTER TABLE merchants_merchant DROP CONSTRAINT merchant_twin_of_live, DROP COLUMN twin_of_book;
"""

# The conditions stand in WHEN, so that a lawful write costs no call of a function.
GUARDS = """
CREATE FUNCTION merchants_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: % on % refused', TG_ARGV[0], TG_OP, TG_TABLE_NAME USING ERRCODE = 'check_violation';
END $$;

CREATE TRIGGER merchant_keeps_book BEFORE UPDATE ON merchants_merchant FOR EACH ROW
    WHEN ((NEW.id, NEW.book, NEW.twin_of_id) IS DISTINCT FROM (OLD.id, OLD.book, OLD.twin_of_id))
    EXECUTE FUNCTION merchants_refuse('a merchant keeps its book and its twin');
CREATE TRIGGER merchant_clock_grows BEFORE UPDATE ON merchants_merchant FOR EACH ROW
    WHEN (NEW.clock_ahead < OLD.clock_ahead)
    EXECUTE FUNCTION merchants_refuse('a clock only moves forward');

CREATE FUNCTION merchants_licence_covers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM merchants_licence l
        WHERE l.id = NEW.licence_id AND l.jurisdiction = NEW.country
          AND CURRENT_DATE BETWEEN l.valid_from AND l.valid_to;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'platform_payout needs a licence that is in force and covers %', NEW.country
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER merchant_payout_is_licensed BEFORE INSERT OR UPDATE OF settlement_mode, licence_id, country
    ON merchants_merchant FOR EACH ROW WHEN (NEW.settlement_mode = 'platform_payout')
    EXECUTE FUNCTION merchants_licence_covers();
CREATE TRIGGER licence_is_a_record BEFORE UPDATE ON merchants_licence FOR EACH ROW
    WHEN ((NEW.number, NEW.holder, NEW.jurisdiction, NEW.valid_from, NEW.demo)
        IS DISTINCT FROM (OLD.number, OLD.holder, OLD.jurisdiction, OLD.valid_from, OLD.demo))
    EXECUTE FUNCTION merchants_refuse('a licence is a record; only its end may change');

CREATE TRIGGER stock_moves BEFORE UPDATE ON merchants_stockitem FOR EACH ROW
    WHEN (
        NEW.id <> OLD.id OR NEW.merchant_id <> OLD.merchant_id OR NEW.product_id <> OLD.product_id
        OR NEW.batch_id <> OLD.batch_id OR NEW.fingerprint <> OLD.fingerprint
        OR (NEW.state <> OLD.state AND NOT (
            (OLD.state = 'available' AND NEW.state IN ('reserved', 'void'))
            OR (OLD.state = 'reserved' AND NEW.state IN ('available', 'delivered'))))
        OR (OLD.state IN ('reserved', 'delivered') AND NEW.state <> 'available'
            AND (NEW.order_id <> OLD.order_id OR NEW.ordinal <> OLD.ordinal))
        OR (OLD.state = 'delivered' AND NEW.delivered_at <> OLD.delivered_at)
    )
    EXECUTE FUNCTION merchants_refuse('a key moves only as its states allow');
CREATE TRIGGER stock_starts_available BEFORE INSERT ON merchants_stockitem FOR EACH ROW
    WHEN (NEW.state <> 'available')
    EXECUTE FUNCTION merchants_refuse('a key starts available');
CREATE TRIGGER stock_is_kept BEFORE DELETE ON merchants_stockitem FOR EACH ROW
    EXECUTE FUNCTION merchants_refuse('a key is never deleted');
CREATE TRIGGER stock_is_kept_whole BEFORE TRUNCATE ON merchants_stockitem
    EXECUTE FUNCTION merchants_refuse('a key is never deleted');
"""

DROP_GUARDS = """
DROP TRIGGER stock_is_kept_whole ON merchants_stockitem;
DROP TRIGGER stock_is_kept ON merchants_stockitem;
DROP TRIGGER stock_starts_available ON merchants_stockitem;
DROP TRIGGER stock_moves ON merchants_stockitem;
DROP TRIGGER licence_is_a_record ON merchants_licence;
DROP TRIGGER merchant_payout_is_licensed ON merchants_merchant;
DROP FUNCTION merchants_licence_covers();
DROP TRIGGER merchant_clock_grows ON merchants_merchant;
DROP TRIGGER merchant_keeps_book ON merchants_merchant;
DROP FUNCTION merchants_refuse();
"""


class Migration(migrations.Migration):
    """Composite keys and guards."""

    dependencies = [("merchants", "0001_initial")]

    operations = [
        migrations.RunSQL(COMPOSITE_KEYS, DROP_COMPOSITE_KEYS),
        migrations.RunSQL(GUARDS, DROP_GUARDS),
    ]
