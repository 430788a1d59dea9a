"""Words that are not Alipay's, or not about this payment: none of them may change anything."""

from collections.abc import Callable
from uuid import uuid4

from kernel import ids
from payments.models import Payment
from tests.factories import payments as make
from tests.payments.channels import alipay_world as alipay


def _signed(payment: Payment, **changes: str) -> dict[str, str]:
    """A notification of its own, signed by Alipay whatever it says."""
    return alipay.signed(make.fields(payment, notify_id=uuid4().hex, **changes))


FORGERIES: dict[str, Callable[[Payment], dict[str, str]]] = {
    "signed by a thief": lambda payment: alipay.signed(make.fields(payment), owner="thief"),
    "not signed": make.fields,
    "tampered with": lambda payment: _signed(payment) | {"buyer_id": "2088"},
    "downgraded": lambda payment: _signed(payment) | {"sign_type": "RSA"},
    "of another amount": lambda payment: _signed(payment, total_amount="0.01"),
    "for another seller": lambda payment: _signed(payment, seller_id="2088000000000000"),
    "for another app": lambda payment: _signed(payment, app_id="2021000000000000"),
    "of another payment": lambda payment: _signed(payment, out_trade_no=ids.encode("pay", ids.new())),
    "that somebody waits": lambda payment: _signed(payment, trade_status="WAIT_BUYER_PAY"),
}
