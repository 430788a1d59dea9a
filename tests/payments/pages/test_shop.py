"""The shop, the product page and the form that places an order."""

from uuid import uuid4

import pytest
from django.conf import settings as configured
from django.test import Client
from django.urls import reverse

from kernel.recent import Recent
from merchants.models import PriceTier, Product, Store
from merchants.states import ProductStatus, StoreStatus
from payments.models import Order, Payment
from tests.factories import payments as make
from tests.factories.merchants import ProductFactory

pytestmark = pytest.mark.django_db
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def client():
    return Client(headers=ENGLISH)


def url_of(shop, name="product"):
    store = shop.product.store
    arguments = [store.slug, shop.product.slug] if name == "product" else [store.slug]
    return reverse(f"payments:{name}", args=arguments)


def form(**changes):
    return {
        "email": "buyer@example.com",
        "quantity": "1",
        "method": "alipay.page",
        "form_key": str(uuid4()),
    } | changes


def shown(answer):
    return answer.content.decode()


def test_a_shop_shows_what_is_on_sale_with_its_price(client, shop):
    page = shown(client.get(url_of(shop, "shop")))
    assert shop.product.name_en in page
    assert "CN¥10.00" in page


def test_a_draft_is_neither_on_the_shelf_nor_at_its_address(client, shop):
    Product.objects.update(status=ProductStatus.DRAFT)
    assert shop.product.name_en not in shown(client.get(url_of(shop, "shop")))
    assert client.get(url_of(shop)).status_code == 404


def test_an_empty_shop_says_that_it_is_getting_ready(client, shop):
    Product.objects.update(status=ProductStatus.DRAFT)
    assert "getting ready" in shown(client.get(url_of(shop, "shop")))


@pytest.mark.parametrize("name", ["shop", "product"])
def test_a_closed_shop_sells_nothing_and_finds_orders_still(client, shop, name):
    Store.objects.update(status=StoreStatus.CLOSED)
    page = shown(client.get(url_of(shop, name)))
    assert "closed at the moment" in page
    assert "<form" not in page
    assert reverse("payments:find", args=[shop.product.store.slug]) in page


def test_a_form_sent_to_a_closed_shop_buys_nothing(client, shop):
    Store.objects.update(status=StoreStatus.CLOSED)
    client.post(url_of(shop), form())
    assert not Order.objects.exists()


def test_a_sold_out_product_has_no_form(client):
    shop = make.shop(0)
    page = shown(client.get(url_of(shop)))
    assert "Sold out" in page
    assert 'name="email"' not in page


def test_a_currency_that_no_method_takes_has_no_form(client):
    shop = make.shop(currency="USD")
    page = shown(client.get(url_of(shop)))
    assert "cannot be paid right now" in page
    assert 'name="email"' not in page


def test_a_search_finds_by_either_name(client, shop):
    other = ProductFactory.create(store=shop.product.store, name_zh="别的", name_en="Else")
    page = shown(client.get(url_of(shop, "shop"), {"q": "别的"}))
    assert other.name_en in page
    assert shop.product.name_en not in page


def test_a_search_without_a_hit_offers_everything(client, shop):
    assert "Nothing matches" in shown(client.get(url_of(shop, "shop"), {"q": "zzz"}))


def test_a_twins_shop_is_striped(client):
    assert "banner-sandbox" in shown(client.get(url_of(make.sandbox_shop(), "shop")))


def test_a_live_shop_is_not_striped(client, shop):
    assert "banner-sandbox" not in shown(client.get(url_of(shop, "shop")))


def test_prices_by_quantity_stand_beside_the_quantity(client, shop):
    PriceTier.objects.create(product=shop.product, from_quantity=3, unit_price=900)
    page = shown(client.get(url_of(shop)))
    assert "3 or more" in page
    assert "CN¥9.00" in page


def test_a_good_form_places_an_order_and_leads_to_it(client, shop):
    answer = client.post(url_of(shop), form(quantity="2"))
    order = Order.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"/o/{order.token}/")
    assert (order.quantity, order.total) == (2, 2000)


def test_the_answer_that_names_the_order_is_nobody_elses(client, shop):
    answer = client.post(url_of(shop), form())
    assert answer["Cache-Control"] == "no-store"
    assert answer["Referrer-Policy"] == "no-referrer"


def test_the_same_form_sent_twice_is_one_order(client, shop):
    sent = form()
    first, second = client.post(url_of(shop), sent), client.post(url_of(shop), sent)
    assert first["Location"] == second["Location"]
    assert Order.objects.count() == 1


def test_a_form_used_again_for_something_else_is_shown_with_a_new_key(client, shop):
    sent = form()
    client.post(url_of(shop), sent)
    answer = client.post(url_of(shop), sent | {"quantity": "2"})
    assert answer.status_code == 409
    assert sent["form_key"] not in shown(answer)


@pytest.mark.parametrize(
    "quantity",
    ["-1", "0", "1.5", "1e9", "１", "²", "NaN", "", " ", "99999999999999999999", "1;2", "+1", "0x1"],
)
def test_a_quantity_that_is_no_plain_number_is_refused(client, shop, quantity):
    answer = client.post(url_of(shop), form(quantity=quantity))
    assert answer.status_code == 400
    assert not Order.objects.exists()


def test_more_than_the_product_allows_is_refused(client, shop):
    assert client.post(url_of(shop), form(quantity="11")).status_code == 400


@pytest.mark.parametrize(
    "email",
    ["", "nobody", "a@b", "a b@example.com", "a@example.com\nBcc: x@y.example", "x" * 201 + "@example.com"],
)
def test_an_address_that_takes_no_mail_is_refused_at_its_field(client, shop, email):
    answer = client.post(url_of(shop), form(email=email))
    assert answer.status_code == 400
    assert 'id="email-error"' in shown(answer)


def test_what_was_typed_is_still_there_after_a_refusal(client, shop):
    page = shown(client.post(url_of(shop), form(email="nobody", quantity="3")))
    assert 'value="nobody"' in page
    assert (
        'name="quantity" type="number" inputmode="numeric" min="1" max="5" step="1" required value="3"'
        in page
    )


def test_what_was_typed_cannot_leave_its_field(client, shop):
    page = shown(client.post(url_of(shop), form(email='"><script>alert(1)</script>')))
    assert "<script>alert" not in page


@pytest.mark.parametrize("field", ["method", "form_key"])
def test_a_form_without_a_method_or_a_key_is_refused(client, shop, field):
    assert client.post(url_of(shop), form(**{field: "nonsense"})).status_code == 400


def test_too_few_left_offers_what_is_left(client, shop):
    answer = client.post(url_of(shop), form(quantity="7"))
    assert answer.status_code == 409
    assert "Only 5 left" in shown(answer)
    assert 'required value="5"' in shown(answer)


def test_a_price_from_the_client_changes_nothing(client, shop):
    client.post(url_of(shop), form(price="1", total="1", discount="999", fee="-5", unit_price="1"))
    assert Order.objects.get().total == 1000


def test_a_price_that_changed_under_the_buyer_is_shown_first(client, shop):
    answer = client.post(url_of(shop), form(prices="CNY;1:900"))
    assert answer.status_code == 409
    assert not Order.objects.exists()
    assert "The price is now" in shown(answer)


def test_the_price_list_that_the_page_carries_is_the_one_that_is_agreed(client, shop):
    PriceTier.objects.create(product=shop.product, from_quantity=3, unit_price=900)
    Recent.forget_all()
    assert 'name="prices" value="CNY;1:1000;3:900"' in shown(client.get(url_of(shop)))
    client.post(url_of(shop), form(quantity="3", prices="CNY;1:1000;3:900"))
    assert Order.objects.get().total == 2700


@pytest.mark.parametrize("prices", ["nonsense", "CNY", "USD;1:1000;x:1", "CNY;5:1000"])
def test_a_price_list_that_says_nothing_is_not_counted(client, shop, prices):
    assert client.post(url_of(shop), form(prices=prices)).status_code == 303


def test_a_method_of_nobody_is_refused_without_an_order(client, shop):
    assert client.post(url_of(shop), form(method="wechat.qr")).status_code == 409
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("agent", "first"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/120", "alipay.qr"),
        ("Mozilla/5.0 (iPhone) Mobile/15E148", "alipay.wap"),
        ("Mozilla/5.0 (iPhone) Mobile/15E148 MicroMessenger/8.0", "alipay.qr"),
        ("Mozilla/5.0 (Linux; Android 14) AlipayClient/10.5", "alipay.wap"),
    ],
)
def test_the_method_that_suits_the_browser_is_chosen(client, shop, agent, first):
    page = shown(client.get(url_of(shop), headers={"User-Agent": agent}))
    assert f'value="{first}" required checked' in page


def test_the_form_needs_neither_session_nor_more_than_the_pair_of_cookie_and_token(shop):
    secret = "a" * 32
    client = Client(enforce_csrf_checks=True)
    client.cookies[configured.CSRF_COOKIE_NAME] = secret
    answer = client.post(url_of(shop), form(csrfmiddlewaretoken=secret))
    assert answer.status_code == 303
    assert configured.SESSION_COOKIE_NAME not in answer.cookies


def test_a_form_from_another_site_buys_nothing(shop):
    assert Client(enforce_csrf_checks=True).post(url_of(shop), form()).status_code == 403
    assert not Order.objects.exists()


def test_the_order_speaks_the_language_that_it_was_bought_in(client, shop):
    client.post(url_of(shop), form())
    assert (Order.objects.get().language, Order.objects.get().title) == ("en", shop.product.name_en)


def test_placing_costs_no_statement_besides_the_sales_own(client, shop, django_assert_max_num_queries):
    client.post(url_of(shop), form())
    with django_assert_max_num_queries(14):
        client.post(url_of(shop), form(email="another@example.com"))


def test_the_page_keeps_no_copy_of_a_form(client, shop):
    assert client.get(url_of(shop))["Cache-Control"] == "no-store"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_first_load_of_a_product_stays_below_a_hundred_kilobytes(client, shop, language):
    assert len(client.get(url_of(shop), {"lang": language}).content) < 30_000


def test_the_shops_colour_is_a_stylesheet_of_its_own(client, shop):
    answer = client.get(url_of(shop, "accent"))
    assert (answer["Content-Type"], "--primary:" in shown(answer)) == ("text/css", True)


def test_an_order_opens_its_payment_at_once(client, shop):
    client.post(url_of(shop), form())
    assert Payment.objects.get().action is not None
