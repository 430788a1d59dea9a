"""What Django's constraints cannot say: composite keys, and the triggers that keep the ledger right.

Every refusal is a `check_violation` that names itself, as a constraint would, in the field CONSTRAINT.
Portable from PostgreSQL 15 to 18.
"""

from django.db import migrations

TABLES = ("ledger_account", "ledger_transaction", "ledger_entry", "ledger_close", "ledger_link")

COMPOSITE_KEYS = """
ALTER TABLE ledger_entry
    ALTER COLUMN xid SET DEFAULT pg_current_xact_id(),
    ADD CONSTRAINT ledger_entry_account FOREIGN KEY (account_id, currency, book)
        REFERENCES ledger_account (id, currency, book),
    ADD CONSTRAINT ledger_entry_of_transaction FOREIGN KEY (transaction_id) REFERENCES ledger_transaction (id),
    ADD CONSTRAINT ledger_entry_finite CHECK (isfinite(available_at));
ALTER TABLE ledger_transaction ADD CONSTRAINT ledger_transaction_finite CHECK (isfinite(occurred_at));
ALTER TABLE ledger_close
    ADD CONSTRAINT ledger_close_finite CHECK (isfinite(upto)),
    ADD CONSTRAINT ledger_close_previous FOREIGN KEY (account_id, previous)
        REFERENCES ledger_close (account_id, upto);
"""

DROP_COMPOSITE_KEYS = """
ALTER TABLE ledger_close DROP CONSTRAINT ledger_close_previous, DROP CONSTRAINT ledger_close_finite;
ALTER TABLE ledger_transaction DROP CONSTRAINT ledger_transaction_finite;
ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_account, DROP CONSTRAINT ledger_entry_of_transaction,
    DROP CONSTRAINT ledger_entry_finite, ALTER COLUMN xid DROP DEFAULT;
"""

REFUSAL = """
CREATE FUNCTION ledger_refuse(rule text, said text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', said USING ERRCODE = 'check_violation', CONSTRAINT = rule;
END $$;

-- Under REPEATABLE READ two racing debits both see the balance before the other, and both pass.
CREATE FUNCTION ledger_require_read_committed() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        PERFORM ledger_refuse('ledger_read_committed', 'the ledger is written under READ COMMITTED only');
    END IF;
END $$;
"""

APPEND_ONLY = """
CREATE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM ledger_refuse('ledger_append_only', format('%s of %s refused: it is append-only', TG_OP, TG_TABLE_NAME));
    RETURN NULL;
END $$;
""" + "".join(
    # A trigger for each row is handed down to partitions; one for the statement would not be.
    f"""
CREATE TRIGGER {table}_is_kept BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER {table}_is_not_emptied BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
"""
    for table in TABLES
)

SEAL = """
-- The seal: which database transaction wrote it, and when that began. Both, since numbers start anew in a
-- cluster into which the rows were restored.
CREATE FUNCTION ledger_stamp_transaction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.xid := pg_current_xact_id();
    NEW.posted_at := transaction_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_transaction_is_stamped BEFORE INSERT ON ledger_transaction
    FOR EACH ROW EXECUTE FUNCTION ledger_stamp_transaction();

CREATE FUNCTION ledger_stamp_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.xid := pg_current_xact_id();
    NEW.opened_at := transaction_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_account_is_stamped BEFORE INSERT ON ledger_account
    FOR EACH ROW EXECUTE FUNCTION ledger_stamp_account();

-- Forced early, it finds the legs (which nobody can take away again) or raises.
CREATE FUNCTION ledger_require_legs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM ledger_entry WHERE transaction_id = NEW.id) THEN
        PERFORM ledger_refuse('ledger_legs', format('transaction %s has no legs', NEW.id));
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_transaction_has_legs AFTER INSERT ON ledger_transaction
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_require_legs();
"""

LOWEST = """
-- The lowest balance of an account, as shown to people, at any time from `since` on; `times` and `amounts`
-- are legs that are not posted yet.
CREATE FUNCTION ledger_lowest(account bigint, since timestamptz, times timestamptz[], amounts bigint[])
RETURNS numeric LANGUAGE sql STABLE AS $$
    WITH closed AS (
        SELECT upto, balance FROM ledger_close WHERE account_id = account AND upto <= since
        ORDER BY upto DESC LIMIT 1
    ), moves AS (
        SELECT since AS moment, coalesce((SELECT balance FROM closed), 0)::numeric AS amount
        UNION ALL
        SELECT greatest(available_at, since), amount FROM ledger_entry
        WHERE account_id = account AND available_at > coalesce((SELECT upto FROM closed), '-infinity')
        UNION ALL
        SELECT greatest(moment, since), amount FROM unnest(times, amounts) AS unposted (moment, amount)
    ), running AS (
        SELECT sum(sum(amount)) OVER (ORDER BY moment) AS total FROM moves GROUP BY moment
    )
    SELECT min(total * a.normal) FROM running, ledger_account a WHERE a.id = account
$$;
"""

LEGS = """
-- Once for all legs of an INSERT: what must hold of them together. It names the first rule that is broken.
CREATE FUNCTION ledger_check_legs() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    broken text;
    reversing boolean;
    has_guarded boolean;
BEGIN
    PERFORM ledger_require_read_committed();
    -- posting.py holds these locks already, and a lock held costs little to take again; whoever else writes
    -- here must not slip an entry past a close that is being computed.
    PERFORM pg_advisory_xact_lock_shared(account_id)
        FROM (SELECT DISTINCT account_id FROM legs ORDER BY account_id) AS ascending;

    SELECT min(CASE
            WHEN t.xid IS DISTINCT FROM pg_current_xact_id() OR l.foreign_xid
                OR t.posted_at <> transaction_timestamp() THEN 'ledger_sealed'
            WHEN l.total <> 0 THEN 'ledger_balanced'
            WHEN l.first_book <> t.book OR l.last_book <> t.book THEN 'ledger_book'
            WHEN l.legs <> (SELECT count(*) FROM ledger_entry e WHERE e.transaction_id = l.transaction_id)
                THEN 'ledger_one_insert'
        END), bool_or(t.reverses_id IS NOT NULL), bool_or(l.guarded)
        INTO broken, reversing, has_guarded
        FROM (
            SELECT transaction_id, sum(amount) AS total,
                sum(count(*)) OVER (PARTITION BY transaction_id) AS legs,
                min(book) AS first_book, max(book) AS last_book, bool_or(legs.guarded) AS guarded,
                bool_or(xid <> pg_current_xact_id()) AS foreign_xid
            FROM legs GROUP BY transaction_id, currency
        ) AS l LEFT JOIN ledger_transaction t ON t.id = l.transaction_id;
    IF broken IS NOT NULL THEN
        PERFORM ledger_refuse(broken, 'legs refused by ' || broken);
    END IF;
    SELECT CASE
            WHEN bool_or(l.available_at <= (SELECT max(c.upto) FROM ledger_close c WHERE c.account_id = a.id))
                THEN 'ledger_open_period'
            WHEN count(a.store_id) > 0 AND EXISTS (
                SELECT FROM legs x JOIN ledger_account y ON y.id = x.account_id
                GROUP BY x.transaction_id HAVING count(DISTINCT y.store_id) > 1) THEN 'ledger_one_store'
        END INTO broken
        FROM legs l JOIN ledger_account a ON a.id = l.account_id;
    IF broken IS NOT NULL THEN
        PERFORM ledger_refuse(broken, 'legs refused by ' || broken);
    END IF;
    IF reversing THEN
        PERFORM ledger_check_reversals(ARRAY(SELECT DISTINCT transaction_id FROM legs));
    END IF;
    IF has_guarded THEN
        PERFORM ledger_check_cover(ARRAY(SELECT id FROM legs l WHERE l.guarded));
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_entry_is_checked AFTER INSERT ON ledger_entry REFERENCING NEW TABLE AS legs
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_check_legs();
"""

COVER = """
-- Guarded legs that lower a balance: it stays at or above zero from now on. A twin's now is when its
-- transaction occurs, since its clock runs ahead; in the live book nobody's word counts but the server's
-- clock.
CREATE FUNCTION ledger_check_cover(entries uuid[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    short record;
BEGIN
    PERFORM FROM ledger_account a WHERE a.id IN (SELECT account_id FROM ledger_entry WHERE id = ANY (entries))
        ORDER BY a.id FOR NO KEY UPDATE;
    SELECT account_id, ledger_lowest(account_id, since, '{}', '{}') AS lowest INTO short
        FROM (
            SELECT e.account_id, greatest(clock_timestamp(),
                max(t.occurred_at) FILTER (WHERE t.book = 'sandbox')) AS since
            FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
                JOIN ledger_transaction t ON t.id = e.transaction_id
            WHERE e.id = ANY (entries) AND e.amount * a.normal < 0 GROUP BY e.account_id
        ) AS lowered
        ORDER BY 2 LIMIT 1;
    IF short.lowest < 0 THEN
        PERFORM ledger_refuse('ledger_cover', format('account %s lacks %s', short.account_id, -short.lowest));
    END IF;
END $$;
"""

REVERSALS = """
-- What is taken back of a transaction, less what was put back again, is never above it, by currency. A
-- reversal can itself be reversed (a refund that failed); that is the end.
CREATE FUNCTION ledger_check_reversals(written uuid[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    targets uuid[] := ARRAY(SELECT DISTINCT reverses_id FROM ledger_transaction
        WHERE id = ANY (written) AND reverses_id IS NOT NULL);
BEGIN
    PERFORM FROM ledger_transaction WHERE id = ANY (targets) ORDER BY id FOR NO KEY UPDATE;
    IF EXISTS (SELECT FROM ledger_transaction t JOIN ledger_transaction o ON o.id = t.reverses_id
            LEFT JOIN ledger_transaction first ON first.id = o.reverses_id
            WHERE t.id = ANY (written) AND (o.book <> t.book OR first.reverses_id IS NOT NULL)) THEN
        PERFORM ledger_refuse('ledger_reversal', 'this cannot be reversed by that');
    END IF;
    IF EXISTS (
        SELECT FROM (
            SELECT e.transaction_id AS target, e.currency, e.amount FROM ledger_entry e
                WHERE e.transaction_id = ANY (targets) AND e.amount > 0
            UNION ALL
            SELECT r.reverses_id, e.currency, -e.amount FROM ledger_transaction r
                JOIN ledger_entry e ON e.transaction_id = r.id AND e.amount > 0
                WHERE r.reverses_id = ANY (targets)
            UNION ALL
            SELECT r.reverses_id, e.currency, e.amount FROM ledger_transaction r
                JOIN ledger_transaction back ON back.reverses_id = r.id
                JOIN ledger_entry e ON e.transaction_id = back.id AND e.amount > 0
                WHERE r.reverses_id = ANY (targets)
        ) AS moved GROUP BY target, currency HAVING sum(amount) < 0
    ) THEN
        PERFORM ledger_refuse('ledger_reversal', 'more would be taken back than was posted');
    END IF;
END $$;
"""

CLOSES = """
-- The balance of a close is never the writer's word. The lock waits for postings that are under way; the
-- sum below is a statement of its own after it, so it sees them.
CREATE FUNCTION ledger_compute_close() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM ledger_require_read_committed();
    PERFORM pg_advisory_xact_lock(NEW.account_id);
    IF NEW.upto > clock_timestamp()
            AND EXISTS (SELECT FROM ledger_account a WHERE a.id = NEW.account_id AND a.book = 'live') THEN
        PERFORM ledger_refuse('ledger_close_past', 'only the past is closed');
    END IF;
    SELECT coalesce((SELECT c.balance FROM ledger_close c
            WHERE c.account_id = NEW.account_id AND c.upto = NEW.previous), 0) + coalesce(sum(e.amount), 0)
        INTO NEW.balance
        FROM ledger_entry e WHERE e.account_id = NEW.account_id
            AND e.available_at > coalesce(NEW.previous, '-infinity') AND e.available_at <= NEW.upto;
    NEW.closed_at := transaction_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_close_is_computed BEFORE INSERT ON ledger_close
    FOR EACH ROW EXECUTE FUNCTION ledger_compute_close();
"""

DROP_GUARDS = (
    """
DROP TRIGGER ledger_close_is_computed ON ledger_close;
DROP TRIGGER ledger_entry_is_checked ON ledger_entry;
DROP TRIGGER ledger_transaction_has_legs ON ledger_transaction;
DROP TRIGGER ledger_transaction_is_stamped ON ledger_transaction;
DROP TRIGGER ledger_account_is_stamped ON ledger_account;
"""
    + "".join(
        f"DROP TRIGGER {table}_is_kept ON {table}; DROP TRIGGER {table}_is_not_emptied ON {table};\n"
        for table in TABLES
    )
    + """
DROP FUNCTION ledger_compute_close(), ledger_check_reversals(uuid[]), ledger_check_cover(uuid[]), ledger_check_legs(),
    ledger_lowest(bigint, timestamptz, timestamptz[], bigint[]), ledger_require_legs(), ledger_stamp_account(),
    ledger_stamp_transaction(), ledger_refuse_change(), ledger_require_read_committed(), ledger_refuse(text, text);
"""
)


class Migration(migrations.Migration):
    """Composite keys and triggers."""

    dependencies = [("ledger", "0001_initial")]

    operations = [
        migrations.RunSQL(COMPOSITE_KEYS, DROP_COMPOSITE_KEYS),
        migrations.RunSQL(
            REFUSAL + APPEND_ONLY + SEAL + LOWEST + COVER + REVERSALS + LEGS + CLOSES,
            DROP_GUARDS,
        ),
    ]
