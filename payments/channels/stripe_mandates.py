"""Cards that Stripe keeps for later: agreed to at Checkout, charged off-session, forgotten at a word.

A mandate's handle is `cus_…:pm_…`: whose card, and which. An off-session charge is a PaymentIntent that is
made and confirmed at once, under our number as its idempotency key. Until Stripe has named the intent, the
payment goes by the mandate's handle: so one whose answer was lost is looked for among the customer's intents,
and never made a second time.
"""

import calendar
from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any, cast

from kernel.money import Money

from . import stripe_terms as terms
from .base import (
    Account,
    Action,
    ActionKind,
    Charge,
    ChargeAnswer,
    ChargeState,
    MandateAnswer,
    MandateOffer,
    MandateSaid,
    MandateState,
)
from .stripe_client import Unclear, answer_of, client_of

CHARGE = "stripe.mandate"
KEPT: Mapping[str, Any] = {"customer_creation": "always"}
LATER: Mapping[str, Any] = {"setup_future_usage": "off_session"}

_CARD_OF_PAGE = ["payment_intent.payment_method", "setup_intent.payment_method"]
_CARD_OF_INTENT = ["latest_charge"]
_PAGES, _PAGE = 5, 100
_INTENT, _SESSION = "pi_", "cs_"
# What is charged without the buyer ends at once; these are the ends of an intent.
_STATES: Mapping[str, ChargeState] = {
    "succeeded": ChargeState.SUCCEEDED,
    "processing": ChargeState.PENDING,
    "requires_payment_method": ChargeState.FAILED,
    "requires_action": ChargeState.FAILED,
    "requires_confirmation": ChargeState.FAILED,
    "canceled": ChargeState.CLOSED,
}
_OF_PAGES: Mapping[str, MandateState] = {"open": MandateState.PENDING, "expired": MandateState.ENDED}


def charge(account: Account, asked: Charge) -> ChargeAnswer:
    """Charge a kept card now. A decline is an answer; anything unclear is UNKNOWN and looked for later."""
    customer, _, method = asked.mandate.partition(":")
    if not customer or not method:
        raise ValueError("A charge by mandate needs the mandate's handle.")
    names = {terms.PAYMENT: asked.reference, terms.OFF_SESSION: "1"}
    params = {
        "amount": asked.amount.amount,
        "currency": asked.amount.currency.lower(),
        "customer": customer,
        "payment_method": method,
        "payment_method_types": ["card"],
        "description": terms.title(asked.subject),
        "metadata": names,
        "off_session": True,
        "confirm": True,
        "expand": _CARD_OF_INTENT,
    }
    intents, options = client_of(account).v1.payment_intents, {"idempotency_key": asked.reference}
    try:
        made = answer_of(lambda: intents.create(cast(Any, params), cast(Any, options)))
    except Unclear as unclear:
        settled = unclear.is_refusal or unclear.is_decline
        state = ChargeState.FAILED if settled else ChargeState.UNKNOWN
        return ChargeAnswer(state, handle=unclear.intent, code=unclear.code, message=unclear.message)
    return _standing(made, asked.reference, account)


def query(account: Account, reference: str, handle: str) -> ChargeAnswer:
    """How a charge stands, by its intent; by its customer's intents where Stripe has not named it to us."""
    intents = client_of(account).v1.payment_intents
    if handle.startswith(_INTENT):
        try:
            found = answer_of(lambda: intents.retrieve(handle, cast(Any, {"expand": _CARD_OF_INTENT})))
        except Unclear as unclear:
            return ChargeAnswer(ChargeState.UNKNOWN, code=unclear.code)
        return _standing(found, reference, account)
    return _look_for(account, reference, handle.partition(":")[0])


def cancel(account: Account, reference: str, handle: str) -> ChargeAnswer:
    """Stop an intent that has not ended. One that has, says how."""
    if not handle.startswith(_INTENT):
        return query(account, reference, handle)
    intents = client_of(account).v1.payment_intents
    options = {"idempotency_key": f"{reference}:cancel"}
    try:
        ended = answer_of(lambda: intents.cancel(handle, None, cast(Any, options)))
    except Unclear as unclear:
        if unclear.is_refusal:
            return query(account, reference, handle)
        return ChargeAnswer(ChargeState.UNKNOWN, code=unclear.code)
    return _standing(ended, reference, account)


def offer(account: Account, asked: MandateOffer) -> MandateAnswer:
    """Open a page on which a card is kept and nothing is paid. The same for the same offer."""
    sessions = client_of(account).v1.checkout.sessions
    names = {terms.MANDATE: asked.reference}
    params = {
        **KEPT,
        "mode": "setup",
        "client_reference_id": asked.reference,
        "metadata": names,
        "setup_intent_data": {"metadata": names, "description": terms.title(asked.subject)},
        "payment_method_types": ["card"],
        "success_url": asked.return_url,
        "cancel_url": asked.return_url,
        "expires_at": terms.page_ends(asked.expires_at),
        "locale": terms.LOCALES.get(asked.language, "auto"),
    }
    try:
        made = answer_of(
            lambda: sessions.create(cast(Any, params), cast(Any, {"idempotency_key": asked.reference}))
        )
    except Unclear as unclear:
        state = MandateState.ENDED if unclear.is_refusal else MandateState.UNKNOWN
        return MandateAnswer(state, code=unclear.code, message=unclear.message)
    url, handle = terms.text(made, "url"), terms.text(made, "id")
    if not url or not handle or not _is_of(made, asked.reference, account):
        return MandateAnswer(MandateState.UNKNOWN, code="garbage")
    return MandateAnswer(MandateState.PENDING, Action(ActionKind.LINK, url), handle=handle)


def ask(account: Account, reference: str, handle: str) -> MandateAnswer:
    """How a mandate stands: by the page where it was to be given (`cs_…`), or by its own handle."""
    if handle.startswith(_SESSION):
        return _of_page(account, reference, handle)
    return _of_card(account, handle)


def end(account: Account, handle: str) -> MandateAnswer:
    """Forget a card. One that Stripe has forgotten already is ended as well."""
    methods = client_of(account).v1.payment_methods
    try:
        found = answer_of(lambda: methods.detach(handle.partition(":")[2]))
    except Unclear as unclear:
        if unclear.is_refusal:
            return _of_card(account, handle)
        return MandateAnswer(MandateState.UNKNOWN, code=unclear.code)
    if found.get("customer") is not None:
        return MandateAnswer(MandateState.UNKNOWN, code="garbage")
    return MandateAnswer(MandateState.ENDED)


def _of_page(account: Account, reference: str, handle: str) -> MandateAnswer:
    sessions = client_of(account).v1.checkout.sessions
    try:
        found = answer_of(lambda: sessions.retrieve(handle, cast(Any, {"expand": _CARD_OF_PAGE})))
    except Unclear as unclear:
        return MandateAnswer(MandateState.UNKNOWN, code=unclear.code)
    if not _is_of(found, reference, account):
        return MandateAnswer(MandateState.UNKNOWN, code="garbage")
    status = terms.text(found, "status")
    if status != "complete":
        return MandateAnswer(_OF_PAGES.get(status, MandateState.UNKNOWN))
    intent = found.get("payment_intent") or found.get("setup_intent")
    intent = intent if isinstance(intent, dict) else {}
    if terms.text(intent, "status") != "succeeded":
        return MandateAnswer(MandateState.PENDING)
    method = intent.get("payment_method")
    return _card(method if isinstance(method, dict) else {}, terms.text(found, "customer"))


def _of_card(account: Account, handle: str) -> MandateAnswer:
    customer, _, name = handle.partition(":")
    methods = client_of(account).v1.payment_methods
    try:
        found = answer_of(lambda: methods.retrieve(name))
    except Unclear as unclear:
        return MandateAnswer(MandateState.UNKNOWN, code=unclear.code)
    if found.get("customer") is None:
        return MandateAnswer(MandateState.ENDED)
    return _card(found, customer)


def _card(method: Mapping[str, Any], customer: str) -> MandateAnswer:
    """A card that was kept, if it is this customer's."""
    name, card = terms.text(method, "id"), method.get("card")
    if not name or not customer or method.get("customer") != customer or not isinstance(card, dict):
        return MandateAnswer(MandateState.UNKNOWN, code="garbage")
    label = f"{terms.text(card, 'brand').title()} •••• {terms.text(card, 'last4')}"[:40]
    said = MandateSaid(f"{customer}:{name}", label, _last_day(card.get("exp_year"), card.get("exp_month")))
    return MandateAnswer(MandateState.ACTIVE, mandate=said)


def _last_day(year: object, month: object) -> date | None:
    if type(year) is not int or type(month) is not int or not 2000 <= year <= 9999 or not 1 <= month <= 12:
        return None
    return date(year, month, calendar.monthrange(year, month)[1])


def _look_for(account: Account, reference: str, customer: str) -> ChargeAnswer:
    """Look through a customer's intents for our number. ABSENT: the charge never arrived."""
    intents = client_of(account).v1.payment_intents
    after = ""
    for _ in range(_PAGES):
        params: dict[str, Any] = {"customer": customer, "limit": _PAGE, "expand": ["data.latest_charge"]}
        if after:
            params["starting_after"] = after
        try:
            page = answer_of(partial(intents.list, cast(Any, params)))
        except Unclear as unclear:
            return ChargeAnswer(ChargeState.UNKNOWN, code=unclear.code)
        rows = [row for row in page.get("data", []) if isinstance(row, dict)]
        for row in rows:
            if terms.metadata(row).get(terms.PAYMENT) == reference and terms.is_off_session(row):
                return _standing(row, reference, account)
        if not page.get("has_more") or not rows:
            return ChargeAnswer(ChargeState.ABSENT, code="never_arrived")
        after = terms.text(rows[-1], "id")
    return ChargeAnswer(ChargeState.UNKNOWN, code="too_many")


def _standing(intent: Mapping[str, Any], reference: str, account: Account) -> ChargeAnswer:
    name = terms.text(intent, "id")
    is_ours = (
        intent.get("livemode") is terms.is_live(account)
        and terms.metadata(intent).get(terms.PAYMENT) == reference
    )
    state = _STATES.get(terms.text(intent, "status"), ChargeState.UNKNOWN)
    if not is_ours or not name or state is ChargeState.UNKNOWN:
        return ChargeAnswer(ChargeState.UNKNOWN, code="garbage")
    if state is not ChargeState.SUCCEEDED:
        code, message = terms.failure(intent)
        if terms.text(intent, "status") == "requires_action":
            code = code or terms.NEEDS_BUYER
        return ChargeAnswer(state, handle=name, code=code or terms.text(intent, "status"), message=message)
    amount, currency = intent.get("amount_received"), terms.text(intent, "currency")
    if type(amount) is not int or not currency:
        return ChargeAnswer(ChargeState.UNKNOWN, handle=name, code="garbage")
    return ChargeAnswer(
        ChargeState.SUCCEEDED,
        handle=name,
        channel_txn=name,
        paid=Money(amount, currency.upper()),
        paid_at=terms.charged_at(intent),
    )


def _is_of(session: Mapping[str, Any], reference: str, account: Account) -> bool:
    return session.get("livemode") is terms.is_live(account) and reference in (
        session.get("client_reference_id"),
        terms.metadata(session).get(terms.MANDATE),
    )
