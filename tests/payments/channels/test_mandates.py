"""What a channel must do that charges by mandate, over real HTTP against its sandbox server."""

from dataclasses import replace
from datetime import timedelta

import pytest

from kernel import clock, ids
from kernel.money import Money
from payments import declines
from payments.channels.base import Charge, ChargeState, MandateOffer, MandateState, RefundState
from payments.channels.news import MandateTold
from tests.payments.channels.conformance import Stage
from tests.payments.channels.stages import Sandbox, order_fault, stripe_stage

STAGES = {"stripe": stripe_stage}
KEEPS_AND_DECLINES, KEEPS_AND_ASKS = "4000 0000 0000 0341", "4000 0027 6000 3184"
CHARGE_CALL = "POST payment_intents"


class Keeper:
    """A stage whose buyer keeps cards."""

    def __init__(self, stage: Stage, sandbox: Sandbox) -> None:
        self.stage, self.sandbox = stage, sandbox
        methods = stage.channel.capabilities.methods
        self.kept_by = next(each.keeps for each in methods if each.keeps)

    def agree(self, card: str = "4242 4242 4242 4242") -> str:
        """Pay once by a card that is kept. Gives the mandate's handle."""
        charge = replace(self.stage.charge(), keep=True)
        answer = self.stage.channel.create(self.stage.account, charge)
        self._type(answer.action.value, card)
        said = self.stage.channel.ask_mandate(self.stage.account, charge.reference, answer.handle)
        assert said.state is MandateState.ACTIVE, said
        self.said = said.mandate
        self.reference = charge.reference
        return said.mandate.handle

    def offered(self) -> tuple[MandateOffer, str, str]:
        """A page to agree on: the offer, its address and its handle."""
        offer = MandateOffer(
            reference=ids.encode("mnd", ids.new()),
            method=self.kept_by,
            subject="会员 membership",
            currency=self.stage.currency,
            notify_url=self.stage.ear.url,
            return_url="http://127.0.0.1/subscriptions/token/",
            expires_at=clock.now() + timedelta(minutes=15),
            language="zh-hans",
        )
        answer = self.stage.channel.offer(self.stage.account, offer)
        assert answer.state is MandateState.PENDING, answer
        return offer, answer.action.value, answer.handle

    def charge(self, handle: str, amount: int = 1234) -> Charge:
        return replace(self.stage.charge(self.kept_by, amount), mandate=handle)

    def ask(self, charge: Charge, handle: str):
        return self.stage.channel.query(self.stage.account, charge.reference, handle)

    def meets(self, plight: str) -> None:
        """The kept card fails from now on, or works again."""
        self.sandbox.order(f"stripe/{self.reference}", plight=plight)

    def _type(self, page: str, card: str) -> None:
        self.sandbox.press(page, ending="pay", number=card, expiry="12/99", cvc="123")
        if card == KEEPS_AND_ASKS:
            self.sandbox.press(page, proof="approve")


@pytest.fixture(params=STAGES)
def keeper(request: pytest.FixtureRequest, sandbox: Sandbox, settings) -> Keeper:
    settings.KEYWAY_OUTGOING_ALLOW = (sandbox.pair, "127.0.0.1:9")
    return Keeper(STAGES[request.param](sandbox), sandbox)


def test_a_card_that_is_kept_is_named_as_its_owner_knows_it(keeper):
    keeper.agree()
    assert keeper.said.label == "Visa •••• 4242"
    assert keeper.said.expires_on.isoformat() == "2099-12-31"


def test_a_charge_that_keeps_nothing_leaves_no_mandate(keeper):
    charge, action = keeper.stage.opened()
    keeper.stage.buyer.pay(action)
    handle = keeper.stage.handles[charge.reference]
    said = keeper.stage.channel.ask_mandate(keeper.stage.account, charge.reference, handle)
    assert said.state is not MandateState.ACTIVE


def test_a_page_to_agree_on_keeps_a_card_and_charges_nothing(keeper):
    offer, page, handle = keeper.offered()
    channel, account = keeper.stage.channel, keeper.stage.account
    assert channel.ask_mandate(account, offer.reference, handle).state is MandateState.PENDING
    keeper._type(page, "4242 4242 4242 4242")
    said = channel.ask_mandate(account, offer.reference, handle)
    assert said.state is MandateState.ACTIVE
    charge = keeper.charge(said.mandate.handle)
    assert channel.create(account, charge).state is ChargeState.SUCCEEDED


def test_an_agreement_is_told(keeper):
    offer, page, _ = keeper.offered()
    keeper._type(page, "4242 4242 4242 4242")
    told = [keeper.stage.read(keeper.stage.ear.next()) for _ in range(2)]
    assert [each.reference for each in told if isinstance(each, MandateTold)] == [offer.reference]


def test_a_page_that_is_offered_again_is_one_page(keeper):
    offer, _, handle = keeper.offered()
    assert keeper.stage.channel.offer(keeper.stage.account, offer).handle == handle


def test_a_kept_card_is_charged_without_its_buyer(keeper):
    charge = keeper.charge(keeper.agree())
    answer = keeper.stage.channel.create(keeper.stage.account, charge)
    assert (answer.state, answer.paid) == (ChargeState.SUCCEEDED, charge.amount)
    assert answer.channel_txn
    assert abs(answer.paid_at - clock.now()) < timedelta(minutes=1)


def test_a_charge_by_mandate_is_told_with_the_same_figures(keeper):
    charge = keeper.charge(keeper.agree())
    keeper.stage.told(ChargeState.SUCCEEDED)
    answer = keeper.stage.channel.create(keeper.stage.account, charge)
    _, said = keeper.stage.told(ChargeState.SUCCEEDED)
    assert (said.reference, said.amount, said.channel_txn) == (
        charge.reference,
        charge.amount,
        answer.channel_txn,
    )


def test_a_charge_that_is_sent_twice_is_one_charge(keeper):
    handle = keeper.agree()
    charge = keeper.charge(handle)
    first, again = (keeper.stage.channel.create(keeper.stage.account, charge) for _ in range(2))
    assert first.channel_txn == again.channel_txn


@pytest.mark.parametrize("kind", ["error_500", "garbage"])
def test_a_charge_whose_answer_was_lost_is_found_among_the_buyers(keeper, sandbox, kind):
    handle = keeper.agree()
    charge = keeper.charge(handle)
    order_fault(sandbox, kind=kind, method=CHARGE_CALL, prefix=charge.reference)
    assert keeper.stage.channel.create(keeper.stage.account, charge).state is ChargeState.UNKNOWN
    answer = keeper.ask(charge, handle)
    assert (answer.state, answer.paid) == (ChargeState.SUCCEEDED, charge.amount)


def test_a_charge_that_never_arrived_is_absent_and_sent_again(keeper, sandbox):
    handle = keeper.agree()
    charge = keeper.charge(handle)
    order_fault(sandbox, kind="error_500", method=CHARGE_CALL, prefix=charge.reference, works=False)
    assert keeper.stage.channel.create(keeper.stage.account, charge).state is ChargeState.UNKNOWN
    assert keeper.ask(charge, handle).state is ChargeState.ABSENT
    assert keeper.stage.channel.create(keeper.stage.account, charge).state is ChargeState.SUCCEEDED


@pytest.mark.parametrize(
    ("card", "is_hard", "needs_buyer"),
    [(KEEPS_AND_DECLINES, False, False), (KEEPS_AND_ASKS, True, True)],
)
def test_a_card_that_does_not_pay_says_whether_to_try_again(keeper, card, is_hard, needs_buyer):
    charge = keeper.charge(keeper.agree(card))
    answer = keeper.stage.channel.create(keeper.stage.account, charge)
    assert answer.state is ChargeState.FAILED
    assert (declines.is_hard(answer.code), declines.needs_buyer(answer.code)) == (is_hard, needs_buyer)


def test_a_lost_card_is_not_to_be_tried_again(keeper):
    handle = keeper.agree()
    keeper.meets("lost_card")
    answer = keeper.stage.channel.create(keeper.stage.account, keeper.charge(handle))
    assert answer.state is ChargeState.FAILED
    assert declines.is_hard(answer.code)


def test_a_refused_charge_stays_refused_when_it_is_asked_about(keeper):
    handle = keeper.agree()
    keeper.meets("insufficient_funds")
    charge = keeper.charge(handle)
    answer = keeper.stage.channel.create(keeper.stage.account, charge)
    keeper.meets("")
    asked = keeper.ask(charge, answer.handle or handle)
    assert (asked.state, asked.code) == (ChargeState.FAILED, "insufficient_funds")


def test_a_card_that_works_again_pays_a_new_charge(keeper):
    handle = keeper.agree()
    keeper.meets("insufficient_funds")
    keeper.stage.channel.create(keeper.stage.account, keeper.charge(handle))
    keeper.meets("")
    answer = keeper.stage.channel.create(keeper.stage.account, keeper.charge(handle))
    assert answer.state is ChargeState.SUCCEEDED


def test_another_account_cannot_charge_the_card(keeper):
    handle = keeper.agree()
    answer = keeper.stage.channel.create(keeper.stage.stranger, keeper.charge(handle))
    assert answer.state is ChargeState.FAILED
    assert keeper.ask(keeper.charge(handle), handle).state is ChargeState.ABSENT


def test_a_mandate_that_has_ended_cannot_be_charged(keeper):
    handle = keeper.agree()
    channel, account = keeper.stage.channel, keeper.stage.account
    assert channel.end_mandate(account, handle).state is MandateState.ENDED
    answer = channel.create(account, keeper.charge(handle))
    assert answer.state is ChargeState.FAILED
    assert declines.is_hard(answer.code)


def test_a_mandate_is_ended_twice_without_harm(keeper):
    handle = keeper.agree()
    answers = [keeper.stage.channel.end_mandate(keeper.stage.account, handle) for _ in range(2)]
    assert [each.state for each in answers] == [MandateState.ENDED, MandateState.ENDED]


def test_a_charge_by_mandate_is_refunded_like_every_other(keeper):
    handle = keeper.agree()
    charge = keeper.charge(handle)
    answer = keeper.stage.channel.create(keeper.stage.account, charge)
    keeper.stage.handles[charge.reference] = answer.handle
    ask = keeper.stage.ask(charge, 234)
    assert keeper.stage.channel.refund(keeper.stage.account, ask).state is RefundState.SUCCEEDED
    assert keeper.stage.query(charge).paid == Money(1234, keeper.stage.currency)


def test_a_server_that_is_away_leaves_a_charge_and_a_mandate_unknown(keeper):
    handle = keeper.agree()
    away = replace(keeper.stage.account, gateway="http://127.0.0.1:9/gateway.do", version=2)
    channel = keeper.stage.channel
    assert channel.create(away, keeper.charge(handle)).state is ChargeState.UNKNOWN
    assert channel.query(away, ids.encode("pay", ids.new()), handle).state is ChargeState.UNKNOWN
    assert channel.end_mandate(away, handle).state is MandateState.UNKNOWN
