"""What the buyer does at Checkout: types a card, proves who they are, pays by debit, or plays a trick."""

from datetime import timedelta

from django.db import transaction

from kernel import clock

from ..models import StripeSession
from . import cards, events, magic, plays, sessions, shapes, wallet
from .cards import Typed
from .events import CLEANLY, SILENTLY, Manner
from .states import Deed, Ending, IntentStatus, Mode, SessionStatus

_LONGEST_DELAY = 3600
_PENNY = 1
_JUST_AFTER = timedelta(seconds=5)
_MANNERS = {
    Ending.TWICE: Manner(copies=2),
    Ending.WRONG_SIGNATURE: Manner(forged=True),
    Ending.SILENCE: SILENTLY,
}
_GOOD = Typed("4242424242424242", "12/99", "123")


@transaction.atomic
def look(name: str) -> StripeSession:
    """A session as it stands now. Raises StripeSession.DoesNotExist."""
    found = _locked(name)
    sessions.end(found, clock.now())
    return found


@transaction.atomic
def pay(name: str, typed: Typed) -> StripeSession:
    """Try a card. One that asks for 3-D Secure leaves the session waiting for that."""
    found = look(name)
    if found.status != SessionStatus.OPEN or found.intent_status != IntentStatus.WAITING:
        return found
    card = cards.card_of(typed.digits)
    found.card, found.tries = typed.shown, found.tries + 1
    if card.challenged:
        found.error = None
        found.enter(IntentStatus.CHALLENGED)
        found.save()
        events.tell(found, "payment_intent.requires_action", shapes.intent(found))
    else:
        _answer(found, card)
    return found


@transaction.atomic
def prove(name: str, *, approved: bool) -> StripeSession:
    """End the challenge of 3-D Secure."""
    found = look(name)
    if found.status != SessionStatus.OPEN or found.intent_status != IntentStatus.CHALLENGED:
        return found
    found.enter(IntentStatus.WAITING)
    if not approved:
        _refuse(found, cards.error_of("payment_intent_authentication_failure", "authentication"))
        return found
    _answer(found, cards.card_of(cards.number_of((found.card or {}).get("last4", ""))))
    return found


@transaction.atomic
def end(name: str, ending: Ending, *, seconds: int = 0) -> StripeSession:
    """The buyer's visit ends by a trick; `seconds` is how late LATE is told, or a debit ends."""
    found = look(name)
    if found.status != SessionStatus.OPEN or found.intent_status != IntentStatus.WAITING:
        return found
    _end(found, ending, timedelta(seconds=max(0, min(seconds, _LONGEST_DELAY))))
    return found


def visit(found: StripeSession, how: str) -> bool:
    """Do to a locked session what its cents ask for. False where it waits for no buyer.

    `how` is what `magic.Visit` says; nothing is a card that pays.
    """
    if found.status != SessionStatus.OPEN or found.intent_status != IntentStatus.WAITING:
        return False
    if how in cards.CARDS:
        found.card, found.tries = Typed(how, _GOOD.expiry, _GOOD.cvc).shown, found.tries + 1
        _answer(found, cards.CARDS[how])
    elif how == magic.AFTER_THE_END:
        _debit(found, Deed.SETTLE, found.expires_at - clock.now() + _JUST_AFTER)
    elif how == magic.SHUFFLED:
        found.card, found.tries = _GOOD.shown, found.tries + 1
        _succeed(found, Manner(copies=2), before=Manner(copies=2, delay=_JUST_AFTER))
    else:
        _end(found, Ending(how or Ending.PAY))
    return True


def _end(found: StripeSession, ending: Ending, delay: timedelta = timedelta()) -> None:
    if ending is Ending.FORGED:
        _forge(found)
    elif ending in (Ending.DEBIT_SETTLES, Ending.DEBIT_BOUNCES):
        _debit(found, Deed.SETTLE if ending is Ending.DEBIT_SETTLES else Deed.BOUNCE, delay)
    else:
        found.card, found.tries = _GOOD.shown, found.tries + 1
        if ending is Ending.WRONG_AMOUNT:
            found.charged = found.amount + _PENNY
        _succeed(found, Manner(delay=delay) if ending is Ending.LATE else _MANNERS.get(ending, CLEANLY))


def settle(found: StripeSession, *, succeeds: bool) -> bool:
    """A debit that was on its way ends, in the caller's transaction. False where none was."""
    if found.intent_status != IntentStatus.PROCESSING:
        return False
    if succeeds:
        _take(found)
        events.tell(found, "payment_intent.succeeded", shapes.intent(found))
        events.tell(found, "checkout.session.async_payment_succeeded", shapes.session(found))
    else:
        found.enter(IntentStatus.WAITING)
        found.error = cards.error_of("payment_method_provider_decline", "bounced")
        found.save()
        events.tell(found, "payment_intent.payment_failed", shapes.intent(found))
        events.tell(found, "checkout.session.async_payment_failed", shapes.session(found))
    return True


def _answer(found: StripeSession, card: cards.Card) -> None:
    if card.code:
        _refuse(found, cards.error_of(card.code, card.decline))
        return
    _succeed(found, CLEANLY)
    if card.later is not None:
        plays.plan(found, card.later)


def _refuse(found: StripeSession, error: dict[str, str]) -> None:
    found.error = error
    found.save()
    events.tell(found, "payment_intent.payment_failed", shapes.intent(found))


def _succeed(found: StripeSession, manner: Manner, before: Manner | None = None) -> None:
    """It is paid. `before` is how the two events are told that come before the session's own."""
    found.enter(SessionStatus.COMPLETE)
    if found.keeps:
        wallet.keep(found)
    _take(found)
    if found.mode == Mode.SETUP:
        events.tell(found, "setup_intent.succeeded", shapes.setup_intent(found), before or manner)
    else:
        events.tell(found, "payment_intent.succeeded", shapes.intent(found), before or manner)
        events.tell(found, "charge.succeeded", shapes.charge(found), before or manner)
    events.tell(found, "checkout.session.completed", shapes.session(found), manner)


def _take(found: StripeSession) -> None:
    found.charged = found.charged or found.amount
    found.paid_at, found.error = clock.now(), None
    found.enter(IntentStatus.SUCCEEDED)
    found.save()


def _debit(found: StripeSession, deed: Deed, delay: timedelta) -> None:
    found.tries += 1
    found.enter(SessionStatus.COMPLETE)
    found.enter(IntentStatus.PROCESSING)
    found.save()
    events.tell(found, "payment_intent.processing", shapes.intent(found))
    events.tell(found, "checkout.session.completed", shapes.session(found))
    plays.plan(found, deed, after=delay or None)


def _forge(found: StripeSession) -> None:
    """Somebody else says that it was paid: the words are right, the signature is a stranger's."""
    said = shapes.session(found) | {
        "payment_status": "paid",
        "status": "complete",
        "payment_intent": found.intent_id,
    }
    events.tell(found, "checkout.session.completed", said, Manner(forged=True))


def _locked(name: str) -> StripeSession:
    return StripeSession.objects.select_for_update(no_key=True).get(pk=name)
