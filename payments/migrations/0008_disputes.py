"""Disputes; and refunds that a channel had called done and failed later."""

import django.db.models.deletion
from django.db import migrations, models

import kernel.books
import kernel.ids
import payments.states

_ORDER_MOVES = """
    pending>processing pending>paid pending>expired pending>cancelled processing>pending processing>paid
    expired>paid cancelled>paid paid>partially_refunded paid>refunded partially_refunded>refunded"""
_ORDER_BACK = " partially_refunded>paid refunded>partially_refunded refunded>paid"
_REFUND_MOVES = """
    requested>sent requested>unknown requested>succeeded requested>failed sent>unknown sent>succeeded
    sent>failed unknown>sent unknown>succeeded unknown>failed failed>requested"""
_REFUND_BACK = " succeeded>failed"
_DISPUTE_MOVES = """
    inquiry>needs_response inquiry>under_review inquiry>won inquiry>lost inquiry>closed
    needs_response>under_review needs_response>won needs_response>lost needs_response>closed
    under_review>won under_review>lost under_review>closed lost>won"""
_FUNDS_MOVES = "untouched>held held>returned held>gone gone>recovered"


def _may(machine: str, moves: str) -> str:
    return (
        f"CREATE OR REPLACE FUNCTION payments_{machine}_may(source text, target text) RETURNS boolean IMMUTABLE\n"
        "    LANGUAGE plpgsql AS $$ BEGIN RETURN source || '>' || target = ANY "
        f"('{{{','.join(moves.split())}}}'::text[]); END $$;\n"
    )


MOVES = _may("order_payment", _ORDER_MOVES + _ORDER_BACK) + _may("refund", _REFUND_MOVES + _REFUND_BACK)
FORMER_MOVES = _may("order_payment", _ORDER_MOVES) + _may("refund", _REFUND_MOVES)

# What went back is the sum of the refunds that succeeded: it shrinks only where one of them has failed since.
RETURNS = """
DROP TRIGGER payment_refunds_grow ON payments_payment;
CREATE FUNCTION payments_refunds_shrink() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.refunded <> (SELECT coalesce(sum(r.amount), 0) FROM payments_refund r
        WHERE r.payment_id = NEW.id AND r.state = 'succeeded')
    THEN
        RAISE EXCEPTION 'money that went back is a fact' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payment_refunds_shrink BEFORE UPDATE OF refunded ON payments_payment FOR EACH ROW
    WHEN (NEW.refunded < OLD.refunded) EXECUTE FUNCTION payments_refunds_shrink();
"""
FORMER_RETURNS = """
DROP TRIGGER payment_refunds_shrink ON payments_payment;
DROP FUNCTION payments_refunds_shrink();
CREATE TRIGGER payment_refunds_grow BEFORE UPDATE OF refunded ON payments_payment FOR EACH ROW
    WHEN (NEW.refunded < OLD.refunded)
    EXECUTE FUNCTION payments_refuse('money that went back is a fact');
"""

GUARDS = """
CREATE FUNCTION payments_dispute_belongs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM payments_payment p WHERE p.id = NEW.payment_id AND p.order_id = NEW.order_id
        AND p.account_id = NEW.account_id AND p.merchant_id = NEW.merchant_id AND p.book = NEW.book
        AND p.currency = NEW.currency AND p.amount >= NEW.amount AND p.state = 'succeeded';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a dispute belongs to a payment that succeeded' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER dispute_belongs BEFORE INSERT ON payments_dispute FOR EACH ROW
    EXECUTE FUNCTION payments_dispute_belongs();
CREATE TRIGGER dispute_starts BEFORE INSERT ON payments_dispute FOR EACH ROW WHEN (NEW.funds <> 'untouched')
    EXECUTE FUNCTION payments_refuse('a dispute starts without its money');
CREATE TRIGGER dispute_moves BEFORE UPDATE OF state ON payments_dispute FOR EACH ROW
    WHEN (NEW.state <> OLD.state AND NOT payments_dispute_may(OLD.state, NEW.state))
    EXECUTE FUNCTION payments_refuse('a dispute moves only as its table allows');
CREATE TRIGGER dispute_funds_move BEFORE UPDATE OF funds ON payments_dispute FOR EACH ROW
    WHEN (NEW.funds <> OLD.funds AND NOT payments_dispute_funds_may(OLD.funds, NEW.funds))
    EXECUTE FUNCTION payments_refuse('disputed money moves only as its table allows');
CREATE TRIGGER dispute_is_agreed BEFORE UPDATE OF id, payment_id, order_id, account_id, merchant_id, book,
    channel_dispute, amount, currency, opened_at ON payments_dispute FOR EACH ROW
    WHEN ((NEW.id, NEW.payment_id, NEW.order_id, NEW.account_id, NEW.merchant_id, NEW.book,
            NEW.channel_dispute, NEW.amount, NEW.currency, NEW.opened_at)
        IS DISTINCT FROM (OLD.id, OLD.payment_id, OLD.order_id, OLD.account_id, OLD.merchant_id, OLD.book,
            OLD.channel_dispute, OLD.amount, OLD.currency, OLD.opened_at))
    EXECUTE FUNCTION payments_refuse('what was disputed never changes');
CREATE TRIGGER dispute_movements_grow BEFORE UPDATE OF movements ON payments_dispute FOR EACH ROW
    WHEN (NEW.movements < OLD.movements) EXECUTE FUNCTION payments_refuse('old news change nothing');
CREATE TRIGGER dispute_is_kept BEFORE DELETE ON payments_dispute FOR EACH ROW
    EXECUTE FUNCTION payments_refuse('a dispute is never deleted');
"""
DROP_GUARDS = """
DROP TRIGGER dispute_belongs ON payments_dispute;
DROP TRIGGER dispute_starts ON payments_dispute;
DROP TRIGGER dispute_moves ON payments_dispute;
DROP TRIGGER dispute_funds_move ON payments_dispute;
DROP TRIGGER dispute_is_agreed ON payments_dispute;
DROP TRIGGER dispute_movements_grow ON payments_dispute;
DROP TRIGGER dispute_is_kept ON payments_dispute;
DROP FUNCTION payments_dispute_belongs();
"""
DISPUTE_MOVES = _may("dispute", _DISPUTE_MOVES) + _may("dispute_funds", _FUNDS_MOVES)
DROP_DISPUTE_MOVES = """
DROP FUNCTION payments_dispute_may(text, text);
DROP FUNCTION payments_dispute_funds_may(text, text);
"""


class Migration(migrations.Migration):
    """Disputes, and refunds that fail late."""

    dependencies = [("payments", "0007_memos")]

    operations = [
        migrations.RunSQL(MOVES, FORMER_MOVES),
        migrations.RunSQL(RETURNS, FORMER_RETURNS),
        migrations.CreateModel(
            name="Dispute",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.new, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("book", models.CharField(choices=[("live", "live"), ("sandbox", "sandbox")], max_length=8)),
                ("channel_dispute", models.CharField(max_length=64)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("inquiry", "inquiry"),
                            ("needs_response", "needs_response"),
                            ("under_review", "under_review"),
                            ("won", "won"),
                            ("lost", "lost"),
                            ("closed", "closed"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "funds",
                    models.CharField(
                        choices=[
                            ("untouched", "untouched"),
                            ("held", "held"),
                            ("returned", "returned"),
                            ("gone", "gone"),
                            ("recovered", "recovered"),
                        ],
                        default=payments.states.Funds["UNTOUCHED"],
                        max_length=10,
                    ),
                ),
                ("amount", models.BigIntegerField()),
                ("currency", models.CharField(max_length=5)),
                ("reason", models.CharField(blank=True, max_length=40)),
                ("evidence_due_by", models.DateTimeField(null=True)),
                ("fee", models.BigIntegerField(default=0)),
                ("fee_currency", models.CharField(max_length=5)),
                ("movements", models.SmallIntegerField(default=0)),
                ("opened_at", models.DateTimeField()),
                ("concluded_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="disputes",
                        to="payments.channelaccount",
                    ),
                ),
                (
                    "merchant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="disputes",
                        to="merchants.merchant",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="disputes",
                        to="payments.order",
                    ),
                ),
                (
                    "payment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="disputes",
                        to="payments.payment",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["merchant", "id"], name="dispute_of_merchant")],
                "constraints": [
                    models.UniqueConstraint(fields=("account", "channel_dispute"), name="dispute_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("book__in", [kernel.books.Book["LIVE"], kernel.books.Book["SANDBOX"]])
                        ),
                        name="dispute_book",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    payments.states.DisputeState["INQUIRY"],
                                    payments.states.DisputeState["NEEDS_RESPONSE"],
                                    payments.states.DisputeState["UNDER_REVIEW"],
                                    payments.states.DisputeState["WON"],
                                    payments.states.DisputeState["LOST"],
                                    payments.states.DisputeState["CLOSED"],
                                ],
                            )
                        ),
                        name="dispute_state",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "funds__in",
                                [
                                    payments.states.Funds["UNTOUCHED"],
                                    payments.states.Funds["HELD"],
                                    payments.states.Funds["RETURNED"],
                                    payments.states.Funds["GONE"],
                                    payments.states.Funds["RECOVERED"],
                                ],
                            )
                        ),
                        name="dispute_funds",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("amount__gt", 0),
                            ("fee__gte", 0),
                            ("movements__gte", 0),
                            models.Q(("channel_dispute", ""), _negated=True),
                        ),
                        name="dispute_amount",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("concluded_at__isnull", False),
                                (
                                    "state__in",
                                    [
                                        payments.states.DisputeState["CLOSED"],
                                        payments.states.DisputeState["LOST"],
                                        payments.states.DisputeState["WON"],
                                    ],
                                ),
                            ),
                            models.Q(
                                models.Q(
                                    (
                                        "state__in",
                                        [
                                            payments.states.DisputeState["CLOSED"],
                                            payments.states.DisputeState["LOST"],
                                            payments.states.DisputeState["WON"],
                                        ],
                                    ),
                                    _negated=True,
                                ),
                                ("concluded_at__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="dispute_ends_once",
                    ),
                ],
            },
        ),
        migrations.RunSQL(DISPUTE_MOVES + GUARDS, DROP_GUARDS + DROP_DISPUTE_MOVES),
    ]
