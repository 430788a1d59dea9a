"""Stripe: the hosted Checkout page, refunds, webhooks. Card data never comes near this house.

Every write carries an idempotency key made from our own number, so that asking again is doing once. Stripe
keeps such a key for a day at least: what may be asked again after that is looked for first.
"""

from functools import partial
from typing import Any, cast

from kernel.errors import said
from kernel.money import Money

from . import stripe_account, stripe_mandates, stripe_notice
from . import stripe_terms as terms
from .base import (
    Account,
    Action,
    ActionKind,
    Capabilities,
    Charge,
    ChargeAnswer,
    ChargeState,
    Field,
    MandateAnswer,
    MandateOffer,
    Method,
    RefundAnswer,
    RefundAsk,
    RefundState,
)
from .news import NoticeRequest, Reply, Said
from .stripe_client import Unclear, answer_of, client_of, is_refusal

CHECKOUT = "stripe.checkout"

CAPABILITIES = Capabilities(
    channel="stripe",
    label=said("Card"),
    methods=(
        Method(
            CHECKOUT,
            said("Bank card"),
            ActionKind.LINK,
            frozenset({"desktop", "mobile"}),
            offline_create=False,
            keeps=stripe_mandates.CHARGE,
        ),
        Method(
            stripe_mandates.CHARGE, said("Saved card"), ActionKind.LINK, frozenset(), offline_create=False
        ),
    ),
    currencies=frozenset(terms.LEAST),
    min_amount=terms.LEAST,
    max_amount=dict.fromkeys(terms.LEAST, terms.MOST),
    licensed=True,
    settings=(Field("account_id", said("Account id")), Field("mode", said("Mode: test or live"))),
    secrets=(
        Field("api_key", said("Secret key")),
        Field("webhook_secret", said("Webhook signing secret")),
        Field("webhook_secret_old", said("Webhook signing secret before the last change"), needed=False),
    ),
    notice_max_bytes=65_536,
    by_account=True,
    longest=terms.LONGEST_LIFE,
)

_EXPAND = ["payment_intent", "payment_intent.latest_charge"]
_PAGES, _PAGE = 10, 100
_SESSION = "cs_"


class Stripe:
    """The adapter. Stateless: everything it needs comes with the account and the question."""

    capabilities = CAPABILITIES

    def check(self, account: Account) -> None:
        """Raise AccountRefused unless the account's settings and secrets can work at all."""
        stripe_account.check(account)

    def create(self, account: Account, charge: Charge) -> ChargeAnswer:
        """Open a Checkout page, or charge a saved card. Asked again with the same charge, it is the same."""
        if charge.method == stripe_mandates.CHARGE:
            return stripe_mandates.charge(account, charge)
        if charge.method != CHECKOUT:
            raise ValueError(f"Stripe has no method {charge.method}.")
        sessions = client_of(account).v1.checkout.sessions
        params, options = _session(charge), {"idempotency_key": charge.reference}
        try:
            made = answer_of(lambda: sessions.create(cast(Any, params), cast(Any, options)))
        except Unclear as unclear:
            # A refusal says that nothing was made; all else says nothing.
            state = ChargeState.FAILED if unclear.is_refusal else ChargeState.UNKNOWN
            return ChargeAnswer(state, code=unclear.code, message=unclear.message)
        url, handle = terms.text(made, "url"), terms.text(made, "id")
        if not url or not handle or not _is_of(made, charge.reference, account):
            return ChargeAnswer(ChargeState.UNKNOWN, code="garbage")
        return ChargeAnswer(ChargeState.PENDING, Action(ActionKind.LINK, url), handle=handle)

    def query(self, account: Account, reference: str, handle: str = "") -> ChargeAnswer:
        """Ask how a charge stands. ABSENT without a handle: nobody was ever given its page."""
        if not handle:
            return ChargeAnswer(ChargeState.ABSENT, code="never_opened")
        if not handle.startswith(_SESSION):
            return stripe_mandates.query(account, reference, handle)
        sessions = client_of(account).v1.checkout.sessions
        try:
            found = answer_of(lambda: sessions.retrieve(handle, cast(Any, {"expand": _EXPAND})))
        except Unclear as unclear:
            # Also where Stripe does not know the page: it was this account's, and has not ceased to be.
            return ChargeAnswer(ChargeState.UNKNOWN, code=unclear.code)
        if not _is_of(found, reference, account):
            return ChargeAnswer(ChargeState.UNKNOWN, code="garbage")
        return _standing(found)

    def close(self, account: Account, reference: str, handle: str = "") -> ChargeAnswer:
        """Expire the page. One that is not open any more says how it stands."""
        if not handle:
            return ChargeAnswer(ChargeState.ABSENT, code="never_opened")
        if not handle.startswith(_SESSION):
            return stripe_mandates.cancel(account, reference, handle)
        sessions = client_of(account).v1.checkout.sessions
        options = {"idempotency_key": f"{reference}:close"}
        try:
            closed = answer_of(lambda: sessions.expire(handle, None, cast(Any, options)))
        except Unclear as unclear:
            if unclear.is_refusal:
                return self.query(account, reference, handle)
            return ChargeAnswer(ChargeState.UNKNOWN, code=unclear.code)
        if terms.text(closed, "status") != "expired" or not _is_of(closed, reference, account):
            return ChargeAnswer(ChargeState.UNKNOWN, code="garbage")
        # How the last card fared is told by the query only.
        answer = self.query(account, reference, handle)
        return answer if answer.state is ChargeState.CLOSED else ChargeAnswer(ChargeState.CLOSED)

    def read_notice(self, account: Account, request: NoticeRequest) -> Said:
        """What a genuine event to this account says. Raises NoticeRefused for every other."""
        return stripe_notice.read(account, request, max_bytes=CAPABILITIES.notice_max_bytes)

    def acknowledge(self, *, accepted: bool) -> Reply:
        """Any 2xx ends Stripe's repeats."""
        return Reply(200, b"ok") if accepted else Reply(400, b"refused")

    def offer(self, account: Account, offer: MandateOffer) -> MandateAnswer:
        """Open a page on which a card is kept and nothing is paid."""
        return stripe_mandates.offer(account, offer)

    def ask_mandate(self, account: Account, reference: str, handle: str) -> MandateAnswer:
        """How a mandate stands, by the page on which it was given or by its own handle."""
        return stripe_mandates.ask(account, reference, handle)

    def end_mandate(self, account: Account, handle: str) -> MandateAnswer:
        """Forget a card. Done twice it is done."""
        return stripe_mandates.end(account, handle)

    def refund(self, account: Account, ask: RefundAsk) -> RefundAnswer:
        """Refund under our number, once."""
        refunds = client_of(account).v1.refunds
        params = {
            "payment_intent": ask.channel_txn,
            "amount": ask.amount.amount,
            "metadata": {
                terms.REFUND: ask.request_no,
                terms.PAYMENT: ask.reference,
                terms.TURN: str(ask.turn),
            },
        }
        # A refund that failed stays failed under its key: sent again, it is another one at Stripe.
        options = {"idempotency_key": f"{ask.request_no}:{ask.turn}" if ask.turn else ask.request_no}
        try:
            made = answer_of(lambda: refunds.create(cast(Any, params), cast(Any, options)))
        except Unclear as unclear:
            state = RefundState.FAILED if is_refusal(unclear, terms.REFUND_FAILED) else RefundState.UNKNOWN
            return RefundAnswer(state, unclear.code, unclear.message)
        return _refund_answer(made, ask)

    def query_refund(self, account: Account, ask: RefundAsk) -> RefundAnswer:
        """Look for our number among the payment's refunds. ABSENT: it never arrived."""
        refunds = client_of(account).v1.refunds
        after = ""
        for _ in range(_PAGES):
            params = {"payment_intent": ask.channel_txn, "limit": _PAGE}
            if after:
                params["starting_after"] = after
            try:
                page = answer_of(partial(refunds.list, cast(Any, params)))
            except Unclear as unclear:
                return RefundAnswer(RefundState.UNKNOWN, unclear.code)
            rows = [row for row in page.get("data", []) if isinstance(row, dict)]
            for row in rows:
                if terms.metadata(row).get(terms.REFUND) == ask.request_no and terms.turn(row) == ask.turn:
                    return _refund_answer(row, ask)
            if not page.get("has_more") or not rows:
                return RefundAnswer(RefundState.ABSENT)
            after = terms.text(rows[-1], "id")
        return RefundAnswer(RefundState.UNKNOWN, "too_many")


def _session(charge: Charge) -> dict[str, Any]:
    """The same for the same charge, always: under one key Stripe takes one content."""
    names = {terms.PAYMENT: charge.reference}
    price = {
        "currency": charge.amount.currency.lower(),
        "unit_amount": charge.amount.amount,
        "product_data": {"name": terms.title(charge.subject)},
    }
    intent: dict[str, Any] = {"metadata": names}
    kept = stripe_mandates.KEPT if charge.keep else {}
    if charge.keep:
        intent |= stripe_mandates.LATER
    return {
        **kept,
        "mode": "payment",
        "client_reference_id": charge.reference,
        "metadata": names,
        "payment_intent_data": intent,
        "line_items": [{"quantity": 1, "price_data": price}],
        "payment_method_types": ["card"],
        "success_url": charge.return_url,
        "cancel_url": charge.return_url,
        "expires_at": terms.page_ends(charge.expires_at),
        "locale": terms.LOCALES.get(charge.language, "auto"),
    }


def _is_of(session: dict[str, Any], reference: str, account: Account) -> bool:
    return session.get("client_reference_id") == reference and session.get("livemode") is terms.is_live(
        account
    )


def _standing(session: dict[str, Any]) -> ChargeAnswer:
    """How a session with its intent stands. A paid one whose money cannot be read proves nothing."""
    found = session.get("payment_intent")
    intent = found if isinstance(found, dict) else {}
    code, message = terms.failure(intent)
    status, paid = terms.text(session, "status"), terms.text(session, "payment_status")
    if status == "complete" and paid == "paid":
        return _paid(session, intent)
    if status == "expired":
        return ChargeAnswer(ChargeState.CLOSED, code=code, message=message)
    if status == "open":
        return ChargeAnswer(ChargeState.PENDING, code=code, message=message)
    if status == "complete" and paid == "unpaid":
        # A debit is on its way, or has come back.
        going = terms.text(intent, "status") in ("processing", "requires_action")
        return ChargeAnswer(
            ChargeState.PENDING if going else ChargeState.FAILED, code=code or "processing", message=message
        )
    return ChargeAnswer(ChargeState.UNKNOWN, code="garbage")


def _paid(session: dict[str, Any], intent: dict[str, Any]) -> ChargeAnswer:
    amount, currency, txn = intent.get("amount_received"), session.get("currency"), terms.text(intent, "id")
    if type(amount) is not int or not isinstance(currency, str) or not txn:
        return ChargeAnswer(ChargeState.UNKNOWN, code="garbage")
    paid, paid_at = Money(amount, currency.upper()), terms.charged_at(intent)
    return ChargeAnswer(ChargeState.SUCCEEDED, channel_txn=txn, paid=paid, paid_at=paid_at)


def _refund_answer(row: dict[str, Any], asked: RefundAsk) -> RefundAnswer:
    """What a refund object says, if it is the one that was asked for."""
    same = (
        row.get("amount") == asked.amount.amount
        and row.get("currency") == asked.amount.currency.lower()
        and row.get("payment_intent") == asked.channel_txn
        and terms.metadata(row).get(terms.REFUND) == asked.request_no
        and terms.turn(row) == asked.turn
    )
    if not same:
        return RefundAnswer(RefundState.UNKNOWN, "garbage")
    state = terms.REFUND_STATES.get(terms.text(row, "status"), RefundState.UNKNOWN)
    return RefundAnswer(state, code=terms.text(row, "failure_reason"))
