"""What Django's constraints cannot say: statements are computed here, and a payout moves only as it may.

Every refusal is a `check_violation` that names its rule in the field CONSTRAINT.
"""

from django.db import migrations

KEYS = """
ALTER TABLE settlement_schedule ADD CONSTRAINT schedule_minimum_is_minor_units CHECK (
    jsonb_typeof(minimum) = 'object'
    AND NOT jsonb_path_exists(minimum, '$.* ? (@.type() != "number")')
    AND NOT jsonb_path_exists(minimum, '$.* ? (@ < 0 || @.floor() != @)')
);
ALTER TABLE settlement_bankaccount ADD CONSTRAINT bank_account_merchant_book
    FOREIGN KEY (merchant_id, book) REFERENCES merchants_merchant (id, book);
ALTER TABLE settlement_statement
    ADD CONSTRAINT statement_merchant_book FOREIGN KEY (merchant_id, book)
        REFERENCES merchants_merchant (id, book),
    ADD CONSTRAINT statement_account FOREIGN KEY (account_id, currency, book)
        REFERENCES ledger_account (id, currency, book),
    ADD CONSTRAINT statement_names_a_close FOREIGN KEY (account_id, upto)
        REFERENCES ledger_close (account_id, upto),
    ADD CONSTRAINT statement_previous FOREIGN KEY (account_id, previous)
        REFERENCES settlement_statement (account_id, upto);
ALTER TABLE settlement_payout
    ADD CONSTRAINT payout_statement FOREIGN KEY (statement_id, merchant_id, book, currency)
        REFERENCES settlement_statement (id, merchant_id, book, currency),
    ADD CONSTRAINT payout_bank_account FOREIGN KEY (bank_account_id, merchant_id, book, currency)
        REFERENCES settlement_bankaccount (id, merchant_id, book, currency),
    ADD CONSTRAINT payout_rail_account FOREIGN KEY (rail_account_id, book)
        REFERENCES settlement_railaccount (id, book);
"""

DROP_KEYS = """
ALTER TABLE settlement_payout DROP CONSTRAINT payout_statement, DROP CONSTRAINT payout_bank_account,
    DROP CONSTRAINT payout_rail_account;
ALTER TABLE settlement_statement DROP CONSTRAINT statement_previous, DROP CONSTRAINT statement_names_a_close,
    DROP CONSTRAINT statement_account, DROP CONSTRAINT statement_merchant_book;
ALTER TABLE settlement_bankaccount DROP CONSTRAINT bank_account_merchant_book;
ALTER TABLE settlement_schedule DROP CONSTRAINT schedule_minimum_is_minor_units;
"""

# The tables of settlement/states.py as they are now; a test keeps them alike.
MOVES = {
    "payout": """
        drafted>first_approved drafted>rejected drafted>cancelled first_approved>approved
        first_approved>rejected first_approved>cancelled approved>sent approved>rejected approved>cancelled
        sent>unknown sent>paid sent>returned sent>failed unknown>sent unknown>paid unknown>returned
        unknown>failed paid>returned""",
    "bank_account": "pending>active pending>retired active>retired",
    "statement": ">drafted >carried carried>drafted",
}


def _may(machine: str) -> str:
    return (
        f"CREATE FUNCTION settlement_{machine}_may(source text, target text) RETURNS boolean IMMUTABLE\n"
        f"    LANGUAGE plpgsql AS $$ BEGIN RETURN source || '>' || target = ANY "
        f"('{{{','.join(MOVES[machine].split())}}}'::text[]); END $$;\n"
    )


REFUSE = """
CREATE FUNCTION settlement_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % refused by %', TG_OP, TG_TABLE_NAME, TG_ARGV[0]
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_ARGV[0];
END $$;
CREATE FUNCTION settlement_refuse_by(rule text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'refused by %', rule USING ERRCODE = 'check_violation', CONSTRAINT = rule;
END $$;
"""

STATEMENTS = """
-- A statement is never the writer's word: the entries between two closes are added up here. Its close has
-- shut the period, so that nothing can be added to it any more.
CREATE FUNCTION settlement_compute_statement() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before settlement_statement;
BEGIN
    PERFORM FROM ledger_account a WHERE a.id = NEW.account_id AND a.owner_kind = 'merchant'
        AND a.purpose = 'merchant' AND a.owner_id = NEW.merchant_id AND a.currency = NEW.currency
        AND a.book = NEW.book;
    IF NOT FOUND THEN
        PERFORM settlement_refuse_by('statement_account_is_the_merchants');
    END IF;
    SELECT * INTO before FROM settlement_statement s WHERE s.account_id = NEW.account_id
        ORDER BY s.upto DESC LIMIT 1;
    NEW.number := coalesce(before.number, 0) + 1;
    NEW.previous := before.upto;
    NEW.opening := coalesce(before.closing, 0);
    NEW.created_at := transaction_timestamp();
    SELECT count(*),
        coalesce(sum(shown) FILTER (WHERE category = 'sales'), 0),
        coalesce(sum(shown) FILTER (WHERE category = 'refunds'), 0),
        coalesce(sum(shown) FILTER (WHERE category = 'fees'), 0),
        coalesce(sum(shown) FILTER (WHERE category = 'adjustments'), 0),
        coalesce(sum(shown) FILTER (WHERE category = 'disputes'), 0),
        coalesce(sum(shown) FILTER (WHERE category = 'payouts'), 0),
        NEW.opening + coalesce(sum(shown), 0)
        INTO NEW.entries, NEW.sales, NEW.refunds, NEW.fees, NEW.adjustments, NEW.disputes, NEW.payouts,
            NEW.closing
        FROM (
            SELECT -e.amount AS shown, settlement_category(t.kind, -e.amount) AS category
            FROM ledger_entry e JOIN ledger_transaction t ON t.id = e.transaction_id
            WHERE e.account_id = NEW.account_id AND e.available_at <= NEW.upto
                AND e.available_at > coalesce(NEW.previous, '-infinity')
        ) AS moved;
    PERFORM FROM ledger_close c WHERE c.account_id = NEW.account_id AND c.upto = NEW.upto
        AND c.balance = -NEW.closing;
    IF NOT FOUND THEN
        PERFORM settlement_refuse_by('statement_is_its_close');
    END IF;
    RETURN NEW;
END $$;

-- Of a sale and its refund the larger part is the buyer's money; what runs the other way is a fee.
CREATE FUNCTION settlement_category(kind text, shown numeric) RETURNS text IMMUTABLE LANGUAGE sql AS $$
    SELECT CASE
        WHEN kind LIKE 'payment.%' THEN CASE WHEN shown > 0 THEN 'sales' ELSE 'fees' END
        WHEN kind = 'refund.given_up' THEN CASE WHEN shown > 0 THEN 'refunds' ELSE 'fees' END
        WHEN kind LIKE 'refund.%' THEN CASE WHEN shown < 0 THEN 'refunds' ELSE 'fees' END
        WHEN kind LIKE 'fee.%' THEN 'fees'
        WHEN kind LIKE 'dispute.%' THEN 'disputes'
        WHEN kind LIKE 'payout.%' THEN 'payouts'
        ELSE 'adjustments'
    END
$$;
CREATE TRIGGER statement_is_computed BEFORE INSERT ON settlement_statement FOR EACH ROW
    EXECUTE FUNCTION settlement_compute_statement();
CREATE TRIGGER statement_starts BEFORE INSERT ON settlement_statement FOR EACH ROW WHEN (NEW.outcome <> '')
    EXECUTE FUNCTION settlement_refuse('statement_starts');
CREATE TRIGGER statement_moves BEFORE UPDATE OF outcome ON settlement_statement FOR EACH ROW
    WHEN (NEW.outcome <> OLD.outcome AND NOT settlement_statement_may(OLD.outcome, NEW.outcome))
    EXECUTE FUNCTION settlement_refuse('statement_moves');
CREATE TRIGGER statement_stays BEFORE UPDATE ON settlement_statement FOR EACH ROW
    WHEN ((to_jsonb(NEW) - '{outcome,carried}'::text[]) IS DISTINCT FROM (to_jsonb(OLD) - '{outcome,carried}'::text[]))
    EXECUTE FUNCTION settlement_refuse('statement_stays');
CREATE TRIGGER statement_is_kept BEFORE DELETE ON settlement_statement FOR EACH ROW
    EXECUTE FUNCTION settlement_refuse('statement_is_kept');
"""

BANK_ACCOUNTS = """
CREATE TRIGGER bank_account_starts BEFORE INSERT ON settlement_bankaccount FOR EACH ROW
    WHEN (NEW.state <> 'pending') EXECUTE FUNCTION settlement_refuse('bank_account_starts');
CREATE TRIGGER bank_account_moves BEFORE UPDATE OF state ON settlement_bankaccount FOR EACH ROW
    WHEN (NEW.state <> OLD.state AND NOT settlement_bank_account_may(OLD.state, NEW.state))
    EXECUTE FUNCTION settlement_refuse('bank_account_moves');
-- The sealed columns may be sealed anew under a newer key; what they say stays, and the fingerprint with it.
CREATE TRIGGER bank_account_stays BEFORE UPDATE ON settlement_bankaccount FOR EACH ROW
    WHEN ((NEW.id, NEW.merchant_id, NEW.book, NEW.currency, NEW.bank, NEW.fingerprint, NEW.last_four,
            NEW.changed_by_id, NEW.changed_at)
        IS DISTINCT FROM (OLD.id, OLD.merchant_id, OLD.book, OLD.currency, OLD.bank, OLD.fingerprint,
            OLD.last_four, OLD.changed_by_id, OLD.changed_at))
    EXECUTE FUNCTION settlement_refuse('bank_account_stays');
CREATE TRIGGER bank_account_is_kept BEFORE DELETE ON settlement_bankaccount FOR EACH ROW
    EXECUTE FUNCTION settlement_refuse('bank_account_is_kept');
"""

PAYOUTS = """
-- W6: money leaves for a merchant only in mode `platform_payout`, under a licence that is in force on the
-- merchant's day and covers its country, in both books alike. The rows are locked, so that mode and licence
-- cannot change behind the look at them.
CREATE FUNCTION settlement_permit_payout() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    permit uuid;
BEGIN
    PERFORM FROM merchants_merchant m WHERE m.id = NEW.merchant_id FOR SHARE;
    SELECT l.id INTO permit FROM merchants_merchant m JOIN merchants_licence l ON l.id = m.licence_id
        WHERE m.id = NEW.merchant_id AND m.settlement_mode = 'platform_payout' AND l.jurisdiction = m.country
            AND ((clock_timestamp() + m.clock_ahead) AT TIME ZONE m.time_zone)::date
                BETWEEN l.valid_from AND l.valid_to
        FOR SHARE OF l;
    IF permit IS NULL THEN
        PERFORM settlement_refuse_by('payout_is_permitted');
    END IF;
    IF TG_OP = 'INSERT' THEN
        NEW.licence_id := permit;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payout_is_permitted BEFORE INSERT ON settlement_payout FOR EACH ROW
    EXECUTE FUNCTION settlement_permit_payout();
CREATE TRIGGER payout_is_still_permitted BEFORE UPDATE OF state ON settlement_payout FOR EACH ROW
    WHEN (NEW.state <> OLD.state AND NEW.state IN ('first_approved', 'approved', 'sent'))
    EXECUTE FUNCTION settlement_permit_payout();

CREATE FUNCTION settlement_draft_payout() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM settlement_statement s WHERE s.id = NEW.statement_id AND NEW.amount <= s.closing;
    IF NOT FOUND THEN
        PERFORM settlement_refuse_by('payout_within_statement');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payout_within_statement BEFORE INSERT ON settlement_payout FOR EACH ROW
    EXECUTE FUNCTION settlement_draft_payout();

-- W4: operators decide; nobody about an account that they themselves changed within three days. And nothing
-- moves towards an account that is not in use.
CREATE FUNCTION settlement_approve_payout() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    approver uuid := CASE NEW.state WHEN 'first_approved' THEN NEW.first_approved_by_id
        WHEN 'approved' THEN NEW.second_approved_by_id END;
    destination settlement_bankaccount;
BEGIN
    SELECT * INTO destination FROM settlement_bankaccount b WHERE b.id = NEW.bank_account_id FOR SHARE;
    IF destination.state IS DISTINCT FROM 'active' THEN
        PERFORM settlement_refuse_by('payout_account_is_active');
    END IF;
    IF destination.changed_by_id = approver AND destination.changed_at > clock_timestamp() - interval '72 hours' THEN
        PERFORM settlement_refuse_by('payout_account_changed_by_approver');
    END IF;
    PERFORM FROM merchants_user u WHERE u.id = approver AND u.is_staff AND u.is_active;
    IF NEW.state <> 'sent' AND NOT FOUND THEN
        PERFORM settlement_refuse_by('payout_approved_by_operators');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payout_is_approved BEFORE UPDATE OF state ON settlement_payout FOR EACH ROW
    WHEN (NEW.state <> OLD.state AND (NEW.state IN ('first_approved', 'approved')
        OR (NEW.state = 'sent' AND OLD.state = 'approved')))
    EXECUTE FUNCTION settlement_approve_payout();

CREATE TRIGGER payout_starts BEFORE INSERT ON settlement_payout FOR EACH ROW
    WHEN (NEW.state <> 'drafted' OR NEW.first_approved_by_id IS NOT NULL OR NEW.second_approved_by_id IS NOT NULL)
    EXECUTE FUNCTION settlement_refuse('payout_starts');
CREATE TRIGGER payout_moves BEFORE UPDATE OF state ON settlement_payout FOR EACH ROW
    WHEN (NEW.state <> OLD.state AND NOT settlement_payout_may(OLD.state, NEW.state))
    EXECUTE FUNCTION settlement_refuse('payout_moves');
CREATE FUNCTION settlement_keep_payout() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.statement_id, NEW.merchant_id, NEW.book, NEW.currency, NEW.amount, NEW.bank_account_id,
            NEW.licence_id, NEW.maker_id, NEW.drafted_at)
        IS DISTINCT FROM (OLD.id, OLD.statement_id, OLD.merchant_id, OLD.book, OLD.currency, OLD.amount,
            OLD.bank_account_id, OLD.licence_id, OLD.maker_id, OLD.drafted_at)
    THEN
        PERFORM settlement_refuse_by('payout_is_agreed');
    END IF;
    IF OLD.first_approved_by_id IS NOT NULL AND (NEW.first_approved_by_id, NEW.first_approved_at, NEW.first_proved_at)
            IS DISTINCT FROM (OLD.first_approved_by_id, OLD.first_approved_at, OLD.first_proved_at)
        OR OLD.second_approved_by_id IS NOT NULL
            AND (NEW.second_approved_by_id, NEW.second_approved_at, NEW.second_proved_at)
            IS DISTINCT FROM (OLD.second_approved_by_id, OLD.second_approved_at, OLD.second_proved_at)
        OR OLD.rail_account_id IS NOT NULL AND NEW.rail_account_id IS DISTINCT FROM OLD.rail_account_id
        OR OLD.sent_at IS NOT NULL AND NEW.sent_at IS DISTINCT FROM OLD.sent_at
    THEN
        PERFORM settlement_refuse_by('payout_keeps_what_happened');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payout_stays BEFORE UPDATE ON settlement_payout FOR EACH ROW
    EXECUTE FUNCTION settlement_keep_payout();
CREATE TRIGGER payout_is_kept BEFORE DELETE ON settlement_payout FOR EACH ROW
    EXECUTE FUNCTION settlement_refuse('payout_is_kept');

-- A state and the posting that makes it true are committed together, whoever writes.
CREATE FUNCTION settlement_require_posting() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wanted text := CASE WHEN NEW.state IN ('rejected', 'cancelled', 'failed', 'returned') THEN 'payout.released'
        WHEN NEW.state = 'paid' THEN 'payout.paid' ELSE 'payout.reserved' END;
BEGIN
    PERFORM FROM ledger_transaction t WHERE t.subject_id = NEW.id AND t.subject_type = 'payout' AND t.kind = wanted;
    IF NOT FOUND THEN
        PERFORM settlement_refuse_by('payout_is_posted');
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER payout_is_posted AFTER INSERT OR UPDATE OF state ON settlement_payout
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION settlement_require_posting();
"""

_TRIGGERS = {
    "settlement_payout": """payout_is_permitted payout_is_still_permitted payout_within_statement
        payout_is_approved payout_starts payout_moves payout_stays payout_is_kept payout_is_posted""",
    "settlement_bankaccount": "bank_account_starts bank_account_moves bank_account_stays bank_account_is_kept",
    "settlement_statement": """statement_is_computed statement_starts statement_moves statement_stays
        statement_is_kept""",
}
DROP_GUARDS = (
    "".join(
        f"DROP TRIGGER {trigger} ON {table};\n"
        for table, names in _TRIGGERS.items()
        for trigger in names.split()
    )
    + "DROP FUNCTION settlement_require_posting(), settlement_keep_payout(), settlement_approve_payout(),"
    + " settlement_draft_payout(), settlement_permit_payout(), settlement_category(text, numeric),"
    + " settlement_compute_statement(), settlement_refuse_by(text), settlement_refuse();\n"
)
DROP_MOVES = "".join(f"DROP FUNCTION settlement_{machine}_may(text, text);\n" for machine in MOVES)


class Migration(migrations.Migration):
    """Composite keys, and the guards of statements, bank accounts and payouts."""

    dependencies = [
        ("settlement", "0003_settled"),
        ("ledger", "0002_guards"),
        ("merchants", "0002_guards"),
    ]

    operations = [
        migrations.RunSQL(KEYS, DROP_KEYS),
        migrations.RunSQL("".join(_may(machine) for machine in MOVES), DROP_MOVES),
        migrations.RunSQL(REFUSE + STATEMENTS + BANK_ACCOUNTS + PAYOUTS, DROP_GUARDS),
    ]
