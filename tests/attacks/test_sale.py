"""The sale over HTTP by who means it ill: A11–A20, A21, A23, A26, A40, A43, A50."""

import logging
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote_plus, urlsplit
from uuid import uuid4

import pytest
from django.test import Client
from structlog.stdlib import ProcessorFormatter

from ledger import auditor
from ledger.models import Transaction
from merchants.models import Merchant, Product, StockItem, Store
from merchants.states import ProductStatus
from payments.invariants import INVARIANTS
from payments.limits import UNPAID_PER_ADDRESS
from payments.models import Notice, Order, Payment, UnverifiedNotice
from tests.factories import payments as make
from tests.factories.merchants import ProductFactory, stocked
from tests.ledger.threads import together
from tests.payments.channels import alipay_world as alipay

pytestmark = pytest.mark.django_db

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def shop() -> make.Shop:
    return make.shop(30, price=10_000)


def url_of(shop: make.Shop) -> str:
    return f"/s/{shop.product.store.slug}/p/{shop.product.slug}/"


def form(**changes: str) -> dict[str, str]:
    plain = {"email": "b@example.com", "quantity": "1", "method": "alipay.page", "form_key": str(uuid4())}
    return plain | changes


def buy(shop: make.Shop, client: Client | None = None, **changes: str) -> Any:
    return (client or Client()).post(url_of(shop), form(**changes))


def send(payment: Payment, body: bytes, content_type: str = alipay.FORM, **headers: str) -> Any:
    return Client().post(f"/n/{payment.notify_token}/", body, content_type=content_type, headers=headers)


def genuine(payment: Payment, **changes: str) -> dict[str, str]:
    return alipay.signed(make.fields(payment, **changes))


def unsold() -> bool:
    states = set(StockItem.objects.values_list("state", flat=True))
    paid = Order.objects.exclude(payment_state="pending").exists()
    return "delivered" not in states and not paid and not Transaction.objects.exists()


def without(name: str) -> Any:
    return lambda fields: {key: value for key, value in fields.items() if key != name}


def changed(**changes: str) -> Any:
    return lambda fields: {**fields, **changes}


FORGERIES = {
    "A11 no sign": without("sign"),
    "A11 an empty sign": changed(sign=""),
    "A11 a sign of zero": changed(sign="0"),
    "A11 a sign of another case": lambda fields: {**fields, "sign": fields["sign"].swapcase()},
    "A11 a sign by another name": lambda fields: {**without("sign")(fields), "Sign": fields["sign"]},
    "A11 a sign in a list": lambda fields: {**without("sign")(fields), "sign[]": fields["sign"]},
    "A11 signed by a stranger": lambda fields: alipay.signed(fields, "stranger"),
    "A12 another amount": changed(total_amount="0.01"),
    "A12 another word": changed(trade_status="TRADE_FINISHED"),
    "A13 another account": changed(app_id="2099000000000001"),
    "A13 another order": changed(out_trade_no="pay_00000000000000000000000000"),
    "A15 MD5": changed(sign_type="MD5"),
    "A15 RSA": changed(sign_type="RSA"),
    "A15 no kind of signature": without("sign_type"),
    "A15 a parameter more": changed(zzz="1"),
    "A15 a value that holds a parameter": lambda fields: {
        **without("subject")(fields),
        "seller_id": f"{fields['seller_id']}&subject={fields['subject']}",
    },
    "A17 no check asked for": changed(skip_verify="1", debug="true"),
}


@pytest.mark.parametrize("row", FORGERIES)
def test_a_forged_notice_is_refused_and_pays_nothing(shop: make.Shop, row: str):
    payment = make.payment_of(make.place(shop))
    answer = send(payment, alipay.encoded(FORGERIES[row](genuine(payment))))
    assert (answer.status_code, answer.content) == (400, b"fail")
    assert unsold()
    assert not Notice.objects.exists()


@pytest.mark.parametrize(
    "amount", ["0.01", "99.99", "100.01", "100.000", "1e2", "-100.00", "+100.00", "１００.00", "100"]
)
def test_a12_a_signed_notice_of_another_amount_pays_nothing(shop: make.Shop, amount: str):
    payment = make.payment_of(make.place(shop))
    assert send(payment, alipay.encoded(genuine(payment, total_amount=amount))).content == b"fail"
    assert unsold()


@pytest.mark.parametrize("field", ["passback_params", "body", "subject", "extend_params"])
def test_a14_a_cheap_payment_that_names_a_dear_order_pays_neither(shop: make.Shop, field: str):
    cheap = make.payment_of(make.place(make.shop(3, price=100)))
    dear = make.payment_of(make.place(shop))
    fields = genuine(cheap, **{field: dear.reference})
    assert send(dear, alipay.encoded(fields)).content == b"fail"
    assert unsold()


BODIES = {
    "nothing": (b"", FORM),
    "twice the same parameter": (b"sign=a&sign=b", FORM),
    "not UTF-8": (b"subject=%FF%FE", FORM),
    "a NUL": (b"subject=%00", FORM),
    "a broken escape": (b"subject=%ZZ", FORM),
    "binary": (bytes(range(256)), FORM),
    "JSON": (b'{"trade_status":"TRADE_SUCCESS"}', "application/json"),
    "XML with an entity": (b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', "text/xml"),
    "parts": (b"--x\r\n\r\n--x--", "multipart/form-data; boundary=x"),
    "another charset": (b"a=1", f"{FORM}; charset=gbk"),
    "no type": (b"a=1", ""),
    "a thousand parameters": (b"&".join(b"p%d=1" % n for n in range(1000)), FORM),
    "a megabyte": (b"a=" + b"1" * 1_000_000, FORM),
}


@pytest.mark.parametrize("row", BODIES)
def test_a19_a_body_of_another_kind_is_refused_without_detail(shop: make.Shop, row: str):
    payment = make.payment_of(make.place(shop))
    answer = send(payment, *BODIES[row])
    assert (answer.status_code, answer.content) == (400, b"fail")
    assert answer["Content-Type"].startswith("text/plain")
    assert UnverifiedNotice.objects.count() == 1
    assert unsold()


def test_a19_a_genuine_notice_in_compressed_form_is_not_unfolded(shop: make.Shop):
    payment = make.payment_of(make.place(shop))
    assert send(payment, b"\x1f\x8b" + b"\0" * 500, **{"Content-Encoding": "gzip"}).content == b"fail"


@pytest.mark.parametrize("days", [0, 1, 31, 400])
def test_a18_a_repeat_at_any_age_gets_the_same_answer_and_changes_nothing(days: int):
    shop = make.sandbox_shop()
    payment = make.payment_of(make.place(shop))
    body = alipay.encoded(genuine(payment))
    assert send(payment, body).content == b"success"
    Merchant.objects.filter(pk=shop.merchant.pk).update(clock_ahead=timedelta(days=days))
    before = list(Payment.objects.values()), Transaction.objects.count(), Notice.objects.count()
    assert send(payment, body).content == b"success"
    assert (list(Payment.objects.values()), Transaction.objects.count(), Notice.objects.count()) == before


@pytest.mark.parametrize(
    "change",
    [
        {"price": "1", "total": "1", "unit_price": "1"},
        {"discount": "99.99", "coupon": "FREE", "fee": "-50", "currency": "JPY"},
        {"store": "other", "product": "other", "merchant": "other", "payment_state": "paid"},
    ],
)
def test_a20_figures_from_the_client_change_nothing(shop: make.Shop, change: dict[str, str]):
    buy(shop, **change)
    order = Order.objects.get()
    assert (order.unit_price, order.total, order.currency, order.payment_state) == (
        10_000,
        10_000,
        "CNY",
        "pending",
    )


@pytest.mark.parametrize("prices", ["CNY;1:1", "USD;1:10000", "ABCDE;1:1", "XXX;1:10000", "CNY;1:9999999999"])
def test_a20_a_price_list_of_the_clients_making_is_not_agreed_to(shop: make.Shop, prices: str):
    assert buy(shop, prices=prices).status_code == 409
    assert not Order.objects.exists()


QUANTITIES = [
    "-1",
    "0",
    "1.5",
    "1e9",
    "1000000000",
    "１",
    "١",
    "²",
    "NaN",
    "0x1",
    "+1",
    "01",
    "1,0",
    "",
    "1\x00",
    "9" * 400,
]


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_a21_what_is_no_quantity_buys_nothing(shop: make.Shop, quantity: str):
    assert buy(shop, quantity=quantity).status_code == 400
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        *(
            {"method": method}
            for method in ("", "alipay", "alipay.xyz", "stripe.card", "alipay.page\x00", "../x")
        ),
        *({"form_key": key} for key in ("", "1", "x" * 36)),
        *(
            {"email": email}
            for email in ("", "b", "b@b", "b@example.com\nBcc: c@example.com", "\x00b@example.com")
        ),
        {"email": '"><script>alert(1)</script>@example.com'},
    ],
)
def test_a21_a_form_of_nonsense_buys_nothing_and_echoes_nothing_raw(shop: make.Shop, change: dict[str, str]):
    answer = buy(shop, **change)
    assert answer.status_code in (400, 409)
    assert b"<script>alert" not in answer.content
    assert not Order.objects.exists()


@pytest.mark.parametrize("status", [ProductStatus.DRAFT, ProductStatus.ARCHIVED])
def test_a23_what_is_not_on_sale_cannot_be_bought(shop: make.Shop, status: ProductStatus):
    Product.objects.update(status=status)
    assert buy(shop).status_code == 404
    assert not Order.objects.exists()


def test_a23_a_product_is_not_bought_under_another_shops_name(shop: make.Shop):
    other: Store = make.shop(1).product.store
    assert Client().post(f"/s/{other.slug}/p/{shop.product.slug}/", form()).status_code == 404
    assert not Order.objects.exists()


def test_a23_a_currency_that_the_method_cannot_take_is_refused(shop: make.Shop):
    dollars = ProductFactory.create(store=shop.product.store, currency="USD", price=100)
    stocked(dollars, 1)
    answer = Client().post(f"/s/{shop.product.store.slug}/p/{dollars.slug}/", form())
    assert answer.status_code == 409
    assert not Order.objects.exists()


@pytest.mark.parametrize("part", ["reveal", "download"])
@pytest.mark.parametrize("state", ["unpaid", "held"])
def test_a23_no_key_is_had_before_its_time(shop: make.Shop, part: str, state: str):
    order = make.place(shop) if state == "unpaid" else make.paid(shop, review=True)
    assert Client().post(f"/o/{order.token}/{part}/", {"format": "txt"}).status_code == 409


def test_a23_a_form_that_a_stranger_sends_again_does_not_give_him_the_order(shop: make.Shop):
    key = str(uuid4())
    mine = buy(shop, form_key=key)
    theirs = buy(shop, form_key=key, email="stranger@example.com")
    assert theirs.status_code == 409
    assert mine["Location"] not in theirs.content.decode()
    assert Order.objects.count() == 1


@pytest.mark.parametrize(
    "header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Client-IP", "True-Client-IP"]
)
def test_a26_a_claimed_address_does_not_lift_the_cap_on_unpaid_orders(shop: make.Shop, header: str):
    answers = [
        Client(headers={header: f"203.0.113.{n}"}).post(url_of(shop), form(email=f"b{n}@example.com"))
        for n in range(UNPAID_PER_ADDRESS + 3)
    ]
    assert Counter(answer.status_code for answer in answers).keys() == {303, 429}
    assert Order.objects.count() <= UNPAID_PER_ADDRESS


@pytest.mark.parametrize("last", ["1", "ffff", "0:0:0:1234"])
def test_a26_the_addresses_of_one_household_count_as_one(shop: make.Shop, last: str):
    for n in range(UNPAID_PER_ADDRESS + 2):
        client = Client(
            REMOTE_ADDR=f"2001:db8:1:1::{n:x}" if last == "1" else f"2001:db8:1:1:{n:x}::{last[-4:]}"
        )
        client.post(url_of(shop), form(email=f"b{n}@example.com"))
    assert Order.objects.count() <= UNPAID_PER_ADDRESS


@pytest.fixture
def busy(settings: Any) -> Iterator[tuple[alipay.Gateway, Order]]:
    """A channel that is out of order, and a buyer with as many attempts as a few minutes allow."""
    with alipay.gateway() as gateway:
        settings.KEYWAY_OUTGOING_ALLOW = (urlsplit(gateway.url).netloc,)
        gateway.answers = [502] * 200
        order = make.place(make.shop(3, gateway=gateway.url))
        for _ in range(8):
            Client().post(f"/o/{order.token}/pay/", {"method": "alipay.wap"})
        yield gateway, order


def test_a47_asking_again_and_again_does_not_make_us_flood_the_channel(busy: tuple[alipay.Gateway, Order]):
    gateway, order = busy
    for _ in range(3):
        Client().post(f"/o/{order.token}/check/")
    assert 0 < len(gateway.calls) <= 3


def test_a47_cancelling_again_and_again_comes_to_an_end(busy: tuple[alipay.Gateway, Order]):
    answers = [Client().post(f"/o/{busy[1].token}/cancel/").status_code for _ in range(9)]
    assert answers[-1] == 429


HOSTILE = (
    '"><img src=x onerror=alert(1)><script>alert(1)</script><svg onload=alert(1)>'
    "[a](javascript:alert(1)) [b](data:text/html,x) [c](vbscript:x) ![d](https://evil.example/d.png)"
    "{{ settings.SECRET_KEY }}{% debug %}{% include 'x' %}"
)


@pytest.mark.parametrize("page", ["shop", "product", "find", "order", "delivered"])
def test_a40_a42_what_a_merchant_writes_neither_runs_nor_loads(shop: make.Shop, page: str):
    texts = {f"{name}_{tongue}": HOSTILE for name in ("description", "usage") for tongue in ("zh", "en")}
    Product.objects.update(**texts, name_zh=HOSTILE[:80], name_en=HOSTILE[:80])
    Store.objects.update(
        name_zh=HOSTILE[:60],
        name_en=HOSTILE[:60],
        notice_zh=HOSTILE,
        support_zh=HOSTILE[:80],
        notice_en=HOSTILE,
    )
    shop.product.refresh_from_db()
    slug, order = shop.product.store.slug, make.paid(shop)
    addresses = {
        "shop": f"/s/{slug}/",
        "product": url_of(shop),
        "find": f"/s/{slug}/find/",
        "order": f"/o/{make.place(shop).token}/",
        "delivered": f"/o/{order.token}/",
    }
    answer = Client().get(addresses[page])
    text = answer.content.decode()
    assert answer.status_code == 200
    for bad in (
        "<img",
        "<script>",
        "<svg onload",
        'href="javascript',
        'href="data:',
        'href="vbscript',
        'evil.example/d.png"',
    ):
        assert bad not in text
    assert "unsafe-inline" not in answer["Content-Security-Policy"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "＝", "＋", "－", "＠"])
def test_a43_no_cell_of_the_table_of_keys_is_computed(shop: make.Shop, start: str):
    StockItem.objects.update(state="void")
    stocked(shop.product, [f"{start}1+1"])
    order = make.paid(shop)
    table = Client().post(f"/o/{order.token}/download/", {"format": "csv"}).content.decode("utf-8-sig")
    assert f",'{start}1+1\r\n" in table


def test_a50_a_sale_and_its_refusals_leave_no_secret_in_any_log(
    shop: make.Shop, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
):
    caplog.set_level(logging.INFO)
    StockItem.objects.update(state="void")
    stocked(shop.product, ["CANARY-KEY-7K4Q"])
    buy(shop, email="canary@example.com")
    order = Order.objects.get()
    payment = make.payment_of(order)
    send(payment, b"sign=CANARY-SIGN&subject=" + quote_plus("CANARY").encode())
    send(payment, alipay.encoded(genuine(payment)))
    assert b"CANARY-KEY" in Client().post(f"/o/{order.token}/reveal/").content
    Client(enforce_csrf_checks=True).post(f"/o/{order.token}/reveal/")
    line = next(
        handler.format
        for handler in logging.getLogger().handlers
        if isinstance(handler.formatter, ProcessorFormatter)
    )
    written = capsys.readouterr().out + "\n".join(line(record) for record in caplog.records)
    assert "/reveal/" in written
    for secret in ("CANARY", "canary@", "PRIVATE KEY", payment.notify_token, order.token):
        assert secret not in written


@pytest.mark.django_db(transaction=True)
def test_a18_a_hundred_at_once_pay_once_and_leave_the_books_clean():
    shop = make.shop(3)
    order = make.place(shop)
    payment = make.payment_of(order)
    body = alipay.encoded(genuine(payment))
    answers = together([lambda: send(payment, body).content] * 100)
    assert Counter(answers) == {b"success": 100}
    assert StockItem.objects.filter(state="delivered").count() == Transaction.objects.count() == 1
    assert [each.invariant.code for each in auditor.audit(INVARIANTS) if not each.holds] == []
