"""What Django's constraints cannot say: composite keys that keep tenants and books together, and triggers."""

from django.db import migrations

# An order's payments agree with it in merchant, book, currency and amount, by key alone.
COMPOSITE_KEYS = """
ALTER TABLE payments_channelaccount
    ADD CONSTRAINT account_merchant_book FOREIGN KEY (merchant_id, book)
        REFERENCES merchants_merchant (id, book);
ALTER TABLE payments_order
    ADD CONSTRAINT order_merchant_book FOREIGN KEY (merchant_id, book)
        REFERENCES merchants_merchant (id, book),
    ADD CONSTRAINT order_store_merchant FOREIGN KEY (store_id, merchant_id)
        REFERENCES merchants_store (id, merchant_id),
    ADD CONSTRAINT order_product_merchant FOREIGN KEY (product_id, merchant_id)
        REFERENCES merchants_product (id, merchant_id);
ALTER TABLE payments_payment
    ADD CONSTRAINT payment_agrees_with_order FOREIGN KEY (merchant_id, order_id, book, currency, amount)
        REFERENCES payments_order (merchant_id, id, book, currency, total),
    ADD CONSTRAINT payment_account_merchant_book FOREIGN KEY (account_id, merchant_id, book)
        REFERENCES payments_channelaccount (id, merchant_id, book);
ALTER TABLE payments_unverifiednotice
    ADD CONSTRAINT unverified_account FOREIGN KEY (account_id) REFERENCES payments_channelaccount (id);
ALTER TABLE payments_alert
    ADD CONSTRAINT alert_merchant_book FOREIGN KEY (merchant_id, book)
        REFERENCES merchants_merchant (id, book);
"""

DROP_COMPOSITE_KEYS = """
ALTER TABLE payments_alert DROP CONSTRAINT alert_merchant_book;
ALTER TABLE payments_unverifiednotice DROP CONSTRAINT unverified_account;
ALTER TABLE payments_payment DROP CONSTRAINT payment_agrees_with_order,
    DROP CONSTRAINT payment_account_merchant_book;
ALTER TABLE payments_order DROP CONSTRAINT order_merchant_book, DROP CONSTRAINT order_store_merchant,
    DROP CONSTRAINT order_product_merchant;
ALTER TABLE payments_channelaccount DROP CONSTRAINT account_merchant_book;
"""

# The tables of payments/states.py as they are now; a test keeps the two alike.
MOVES = {
    "order_payment": """
        pending>processing pending>paid pending>expired pending>cancelled processing>pending processing>paid
        expired>paid cancelled>paid paid>partially_refunded paid>refunded partially_refunded>refunded""",
    "order_fulfilment": """
        none>queued none>held none>delivered none>failed queued>delivered queued>failed held>delivered
        held>failed held>revoked failed>queued failed>delivered failed>revoked delivered>revoked""",
    "attempt": """
        created>pending created>unknown created>succeeded created>failed created>closed pending>unknown
        pending>succeeded pending>failed pending>closed unknown>pending unknown>succeeded unknown>failed
        unknown>closed failed>succeeded closed>succeeded""",
    "notice": """
        received>applied received>ignored received>refused ignored>applied ignored>refused refused>applied
        refused>ignored""",
    "refund": """
        requested>sent requested>unknown requested>succeeded requested>failed sent>unknown sent>succeeded
        sent>failed unknown>sent unknown>succeeded unknown>failed""",
}


def _may(machine: str) -> str:
    return (
        f"CREATE FUNCTION payments_{machine}_may(source text, target text) RETURNS boolean IMMUTABLE\n"
        f"    LANGUAGE plpgsql AS $$ BEGIN RETURN source || '>' || target = ANY "
        f"('{{{','.join(MOVES[machine].split())}}}'::text[]); END $$;\n"
    )


# A condition in WHEN is read anew for each statement: short ones stand there, so that most lawful writes cost
# no call of a function; long ones stand in the function, behind a short one.
GUARDS = """
CREATE FUNCTION payments_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: % on % refused', TG_ARGV[0], TG_OP, TG_TABLE_NAME USING ERRCODE = 'check_violation';
END $$;

CREATE TRIGGER order_starts BEFORE INSERT ON payments_order FOR EACH ROW
    WHEN (NEW.payment_state <> 'pending' OR NEW.fulfilment <> 'none')
    EXECUTE FUNCTION payments_refuse('an order starts unpaid');
CREATE TRIGGER order_payment_moves BEFORE UPDATE OF payment_state ON payments_order FOR EACH ROW
    WHEN (NEW.payment_state <> OLD.payment_state
        AND NOT payments_order_payment_may(OLD.payment_state, NEW.payment_state))
    EXECUTE FUNCTION payments_refuse('an order moves only as its table allows');
CREATE TRIGGER order_fulfilment_moves BEFORE UPDATE OF fulfilment ON payments_order FOR EACH ROW
    WHEN (NEW.fulfilment <> OLD.fulfilment
        AND NOT payments_order_fulfilment_may(OLD.fulfilment, NEW.fulfilment))
    EXECUTE FUNCTION payments_refuse('a delivery moves only as its table allows');
CREATE TRIGGER order_is_agreed BEFORE UPDATE OF id, merchant_id, book, store_id, product_id, number, token,
    form_key, quantity, unit_price, total, currency, decision_id, placed_at ON payments_order FOR EACH ROW
    WHEN ((NEW.id, NEW.merchant_id, NEW.book, NEW.store_id, NEW.product_id, NEW.number, NEW.token,
            NEW.form_key, NEW.quantity, NEW.unit_price, NEW.total, NEW.currency, NEW.decision_id, NEW.placed_at)
        IS DISTINCT FROM (OLD.id, OLD.merchant_id, OLD.book, OLD.store_id, OLD.product_id, OLD.number, OLD.token,
            OLD.form_key, OLD.quantity, OLD.unit_price, OLD.total, OLD.currency, OLD.decision_id, OLD.placed_at))
    EXECUTE FUNCTION payments_refuse('what was agreed never changes');
CREATE FUNCTION payments_order_keeps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.paid_late > NEW.paid_late OR OLD.duplicate > NEW.duplicate OR OLD.underpaid > NEW.underpaid
        OR OLD.overpaid > NEW.overpaid
    THEN
        RAISE EXCEPTION 'a flag is never taken away' USING ERRCODE = 'check_violation';
    END IF;
    IF coalesce(OLD.paid_at, NEW.paid_at) IS DISTINCT FROM NEW.paid_at
        OR coalesce(OLD.delivered_at, NEW.delivered_at) IS DISTINCT FROM NEW.delivered_at
        OR coalesce(OLD.revealed_at, NEW.revealed_at) IS DISTINCT FROM NEW.revealed_at
    THEN
        RAISE EXCEPTION 'what has happened has its time for good' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER order_keeps BEFORE UPDATE OF paid_late, duplicate, underpaid, overpaid, paid_at, delivered_at,
    revealed_at ON payments_order FOR EACH ROW
    WHEN (OLD.paid_at IS NOT NULL OR OLD.paid_late OR OLD.duplicate OR OLD.underpaid OR OLD.overpaid)
    EXECUTE FUNCTION payments_order_keeps();
CREATE TRIGGER order_is_kept BEFORE DELETE ON payments_order FOR EACH ROW
    EXECUTE FUNCTION payments_refuse('an order is never deleted');

CREATE TRIGGER payment_starts BEFORE INSERT ON payments_payment FOR EACH ROW
    WHEN (NEW.state NOT IN ('created', 'pending'))
    EXECUTE FUNCTION payments_refuse('a payment starts open');
CREATE TRIGGER payment_moves BEFORE UPDATE OF state ON payments_payment FOR EACH ROW
    WHEN (NEW.state <> OLD.state AND NOT payments_attempt_may(OLD.state, NEW.state))
    EXECUTE FUNCTION payments_refuse('a payment moves only as its table allows');
CREATE TRIGGER payment_is_agreed BEFORE UPDATE OF id, order_id, ordinal, merchant_id, book, account_id, method,
    notify_token, amount, currency, created_at ON payments_payment FOR EACH ROW
    WHEN ((NEW.id, NEW.order_id, NEW.ordinal, NEW.merchant_id, NEW.book, NEW.account_id, NEW.method,
            NEW.notify_token, NEW.amount, NEW.currency, NEW.created_at)
        IS DISTINCT FROM (OLD.id, OLD.order_id, OLD.ordinal, OLD.merchant_id, OLD.book, OLD.account_id,
            OLD.method, OLD.notify_token, OLD.amount, OLD.currency, OLD.created_at))
    EXECUTE FUNCTION payments_refuse('what was agreed never changes');
CREATE FUNCTION payments_payment_keeps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.use, NEW.channel_txn, NEW.platform_fee, NEW.channel_fee, NEW.merchant_bears_channel, NEW.paid_at,
            NEW.available_at)
        IS DISTINCT FROM (OLD.use, OLD.channel_txn, OLD.platform_fee, OLD.channel_fee,
            OLD.merchant_bears_channel, OLD.paid_at, OLD.available_at)
    THEN
        RAISE EXCEPTION 'money that came is a fact' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payment_keeps_success BEFORE UPDATE OF use, channel_txn, platform_fee, channel_fee,
    merchant_bears_channel, paid_at, available_at ON payments_payment FOR EACH ROW
    WHEN (OLD.state = 'succeeded') EXECUTE FUNCTION payments_payment_keeps();
CREATE TRIGGER payment_refunds_grow BEFORE UPDATE OF refunded ON payments_payment FOR EACH ROW
    WHEN (NEW.refunded < OLD.refunded)
    EXECUTE FUNCTION payments_refuse('money that went back is a fact');
CREATE TRIGGER payment_is_kept BEFORE DELETE ON payments_payment FOR EACH ROW
    EXECUTE FUNCTION payments_refuse('a payment is never deleted');

CREATE TRIGGER notice_moves BEFORE UPDATE OF state ON payments_notice FOR EACH ROW
    WHEN (NEW.state <> OLD.state AND NOT payments_notice_may(OLD.state, NEW.state))
    EXECUTE FUNCTION payments_refuse('a notice moves only as its table allows');
CREATE TRIGGER notice_is_evidence BEFORE UPDATE OF id, account_id, payment_id, asked, key, said, channel_txn,
    amount, currency, occurred_at, body, received_at ON payments_notice FOR EACH ROW
    WHEN ((NEW.id, NEW.account_id, NEW.payment_id, NEW.asked, NEW.key, NEW.said, NEW.channel_txn, NEW.amount,
            NEW.currency, NEW.occurred_at, NEW.body, NEW.received_at)
        IS DISTINCT FROM (OLD.id, OLD.account_id, OLD.payment_id, OLD.asked, OLD.key, OLD.said,
            OLD.channel_txn, OLD.amount, OLD.currency, OLD.occurred_at, OLD.body, OLD.received_at))
    EXECUTE FUNCTION payments_refuse('a notice is evidence');

CREATE FUNCTION payments_refund_belongs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM payments_payment p WHERE p.id = NEW.payment_id AND p.order_id = NEW.order_id
        AND p.account_id = NEW.account_id AND p.merchant_id = NEW.merchant_id AND p.book = NEW.book
        AND p.currency = NEW.currency;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a refund belongs to its payment' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER refund_belongs BEFORE INSERT ON payments_refund FOR EACH ROW
    EXECUTE FUNCTION payments_refund_belongs();
CREATE TRIGGER refund_starts BEFORE INSERT ON payments_refund FOR EACH ROW WHEN (NEW.state <> 'requested')
    EXECUTE FUNCTION payments_refuse('a refund starts requested');
CREATE TRIGGER refund_moves BEFORE UPDATE OF state ON payments_refund FOR EACH ROW
    WHEN (NEW.state <> OLD.state AND NOT payments_refund_may(OLD.state, NEW.state))
    EXECUTE FUNCTION payments_refuse('a refund moves only as its table allows');
CREATE TRIGGER refund_is_agreed BEFORE UPDATE OF id, payment_id, order_id, account_id, merchant_id, book, kind,
    amount, currency, platform_fee, channel_fee, requested_at ON payments_refund FOR EACH ROW
    WHEN ((NEW.id, NEW.payment_id, NEW.order_id, NEW.account_id, NEW.merchant_id, NEW.book, NEW.kind, NEW.amount,
            NEW.currency, NEW.platform_fee, NEW.channel_fee, NEW.requested_at)
        IS DISTINCT FROM (OLD.id, OLD.payment_id, OLD.order_id, OLD.account_id, OLD.merchant_id, OLD.book,
            OLD.kind, OLD.amount, OLD.currency, OLD.platform_fee, OLD.channel_fee, OLD.requested_at))
    EXECUTE FUNCTION payments_refuse('what was agreed never changes');
CREATE TRIGGER refund_is_kept BEFORE DELETE ON payments_refund FOR EACH ROW
    EXECUTE FUNCTION payments_refuse('a refund is never deleted');

CREATE TRIGGER account_is_bound BEFORE UPDATE OF id, merchant_id, book, channel ON payments_channelaccount
    FOR EACH ROW WHEN ((NEW.id, NEW.merchant_id, NEW.book, NEW.channel)
        IS DISTINCT FROM (OLD.id, OLD.merchant_id, OLD.book, OLD.channel))
    EXECUTE FUNCTION payments_refuse('an account keeps its merchant, book and channel');
CREATE TRIGGER account_counts_versions BEFORE UPDATE OF secrets, settings, gateway ON payments_channelaccount
    FOR EACH ROW WHEN (NEW.version <= OLD.version
        AND (NEW.secrets, NEW.settings, NEW.gateway) IS DISTINCT FROM (OLD.secrets, OLD.settings, OLD.gateway))
    EXECUTE FUNCTION payments_refuse('a change of credentials is a new version');
"""

_TRIGGERS = {
    "payments_channelaccount": "account_is_bound account_counts_versions",
    "payments_refund": "refund_belongs refund_starts refund_moves refund_is_agreed refund_is_kept",
    "payments_notice": "notice_moves notice_is_evidence",
    "payments_payment": """payment_starts payment_moves payment_is_agreed payment_keeps_success
        payment_refunds_grow payment_is_kept""",
    "payments_order": """order_starts order_payment_moves order_fulfilment_moves order_is_agreed
        order_keeps order_is_kept""",
}
DROP_GUARDS = (
    "".join(
        f"DROP TRIGGER {trigger} ON {table};\n"
        for table, names in _TRIGGERS.items()
        for trigger in names.split()
    )
    + "DROP FUNCTION payments_refund_belongs(), payments_order_keeps(), payments_payment_keeps(),"
    + " payments_refuse();\n"
)
DROP_MOVES = "".join(f"DROP FUNCTION payments_{machine}_may(text, text);\n" for machine in MOVES)


class Migration(migrations.Migration):
    """Composite keys and guards."""

    dependencies = [("payments", "0001_initial"), ("merchants", "0002_guards")]

    operations = [
        migrations.RunSQL(COMPOSITE_KEYS, DROP_COMPOSITE_KEYS),
        migrations.RunSQL("".join(_may(machine) for machine in MOVES), DROP_MOVES),
        migrations.RunSQL(GUARDS, DROP_GUARDS),
    ]
