"""Orders with codes: what they take off, who may use them still, and what is left once money went back."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from kernel.money import Money
from ledger.errors import BalanceTooLow
from merchants.coupon_errors import CouponUsedUp
from merchants.errors import OutOfStock
from tests.factories import payments as make
from tests.journeys.settling import Settling, moods
from tests.journeys.wallet import Mood
from tests.ledger.threads import together


class Redeeming(Settling):
    """What buyers do with codes."""

    @rule(
        codes=st.sampled_from([("ONCE",), ("OURS",), ("TENTH", "OURS")]),
        quantity=st.integers(1, 2),
        mood=moods,
    )
    def redeem(self, codes: tuple[str, ...], quantity: int, mood: Mood) -> None:
        free, used_up, before = self.keys("available"), self.is_used_up(codes), self.uses()
        self.wallet.mood = mood
        try:
            order = make.bought(self.shop, quantity=quantity, codes=codes)
        except OutOfStock:
            assert quantity > free
        except CouponUsedUp:
            assert used_up
        else:
            assert not used_up
            assert 0 < order.discount == order.unit_price * order.quantity - order.total
            assert self.uses() == before + len(codes)
        self.look()

    @rule(codes=st.sampled_from([("ONCE",), ("OURS",)]), buyers=st.integers(2, 4))
    def redeem_at_once(self, codes: tuple[str, ...], buyers: int) -> None:
        together([lambda: make.bought(self.shop, codes=codes)] * buyers)
        self.look()

    @rule(codes=st.sampled_from([("ONCE",), ("OURS",), ("TENTH", "OURS")]), parts=st.integers(1, 3))
    def redeem_and_return(self, codes: tuple[str, ...], parts: int) -> None:
        """Bought, paid and given back whole, in so many parts."""
        try:
            order = make.bought(self.shop, codes=codes)
        except (OutOfStock, CouponUsedUp):
            return
        payment = make.payment_of(order)
        assert self.wallet.pay(payment)
        self.tell(payment)
        for part in range(parts, 0, -1):
            payment.refresh_from_db()
            try:
                self.give_back(payment, Money(payment.refundable.amount // part, "CNY"))
            except BalanceTooLow:
                assert self.has_paid_out
        self.look()
