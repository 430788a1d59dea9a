"""Keys are shown by a form, to the buyer, and every look is recorded."""

from datetime import timedelta

import pytest
import time_machine
from django.db import transaction
from django.test import Client

from audit.models import AuditRow
from kernel.actors import SYSTEM
from kernel.money import Money
from outbox.models import Event
from payments import trust
from payments.models import Order
from payments.services import refunds
from payments.states import RefundKind
from tests.factories import cards
from tests.factories import payments as make
from tests.factories.merchants import stocked

pytestmark = pytest.mark.django_db
KEYS = ["CANARY-1", '=HYPERLINK("https://evil.example")']
TWO_DAYS = timedelta(days=2)


@pytest.fixture
def client():
    return Client(headers={"Accept-Language": "en"})


@pytest.fixture
def paid(db):
    shop = make.shop(0)
    stocked(shop.product, KEYS)
    return make.paid(shop, quantity=2)


def looks():
    return AuditRow.objects.filter(action="order.revealed").count()


def test_the_keys_are_shown_in_their_order(client, paid):
    page = client.post(f"/o/{paid.token}/reveal/").content.decode()
    assert page.index("CANARY-1") < page.index("HYPERLINK")


def test_a_look_is_recorded_with_its_time(client, paid):
    client.post(f"/o/{paid.token}/reveal/")
    assert (looks(), Order.objects.get().revealed_at is not None) == (1, True)


def test_the_page_itself_never_holds_a_key(client, paid):
    client.post(f"/o/{paid.token}/reveal/")
    assert "CANARY" not in client.get(f"/o/{paid.token}/").content.decode()
    assert "CANARY" not in client.get(f"/o/{paid.token}/live/").content.decode()


def test_shown_keys_are_kept_by_nobody(client, paid):
    assert client.post(f"/o/{paid.token}/reveal/")["Cache-Control"] == "no-store"


def test_htmx_gets_the_part_and_a_browser_without_scripts_the_whole_page(client, paid):
    part = client.post(f"/o/{paid.token}/reveal/", headers={"HX-Request": "true"}).content.decode()
    whole = client.post(f"/o/{paid.token}/reveal/").content.decode()
    assert ("<html" in part, "<html" in whole) == (False, True)
    assert "CANARY-1" in part


def test_an_unpaid_orders_keys_cannot_be_had(client, shop):
    order = make.place(shop)
    for path in ("reveal", "download"):
        assert client.post(f"/o/{order.token}/{path}/", {"format": "txt"}).status_code == 409
    assert looks() == 0


def test_a_held_orders_keys_cannot_be_had(client, shop):
    order = make.paid(shop, review=True)
    assert client.post(f"/o/{order.token}/reveal/").status_code == 409


def test_a_text_file_holds_one_key_a_line_and_is_a_look(client, paid):
    answer = client.post(f"/o/{paid.token}/download/", {"format": "txt"})
    assert answer.content.decode() == "".join(f"{key}\r\n" for key in KEYS)
    assert answer["Content-Disposition"] == f'attachment; filename="{paid.number}.txt"'
    assert looks() == 1


def test_no_cell_of_a_table_is_computed_by_a_spreadsheet(client, paid):
    answer = client.post(f"/o/{paid.token}/download/", {"format": "csv"})
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0] == "Order,Product,Number,Key"
    assert "'=HYPERLINK" in lines[2]


def test_a_file_of_another_form_is_refused(client, paid):
    assert client.post(f"/o/{paid.token}/download/", {"format": "exe"}).status_code == 400
    assert looks() == 0


def test_after_a_day_another_browser_does_not_see_the_keys(client, paid):
    with time_machine.travel(paid.delivered_at + TWO_DAYS):
        answer = client.post(f"/o/{paid.token}/reveal/")
        assert answer.status_code == 403
        assert "Is it you?" in client.get(f"/o/{paid.token}/").content.decode()
    assert looks() == 0


def test_after_a_day_the_browser_that_opened_the_order_still_sees_the_keys(client, paid):
    client.get(f"/o/{paid.token}/")
    with time_machine.travel(paid.delivered_at + TWO_DAYS):
        assert client.post(f"/o/{paid.token}/reveal/").status_code == 200


def test_the_mailed_link_makes_another_browser_known_and_leaves_the_address(client, paid):
    with time_machine.travel(paid.delivered_at + TWO_DAYS):
        answer = client.get(f"/o/{paid.token}/", {"pass": trust.new_pass(paid)})
        assert (answer.status_code, answer["Location"]) == (303, f"/o/{paid.token}/")
        assert client.post(f"/o/{paid.token}/reveal/").status_code == 200


def test_a_pass_ends(client, paid):
    with time_machine.travel(paid.delivered_at + TWO_DAYS) as travel:
        given = trust.new_pass(paid)
        travel.shift(timedelta(hours=3))
        client.get(f"/o/{paid.token}/", {"pass": given})
        assert client.post(f"/o/{paid.token}/reveal/").status_code == 403


def test_a_pass_opens_its_own_order_only(client, paid):
    other = make.paid(make.shop())
    with time_machine.travel(paid.delivered_at + TWO_DAYS):
        client.get(f"/o/{paid.token}/", {"pass": trust.new_pass(other)})
        assert client.post(f"/o/{paid.token}/reveal/").status_code == 403


def test_a_cookie_of_somebodys_making_is_not_believed(client, paid):
    client.cookies["orders"] = f'["{paid.pk.hex}"]'
    with time_machine.travel(paid.delivered_at + TWO_DAYS):
        assert client.post(f"/o/{paid.token}/reveal/").status_code == 403


def test_the_link_is_mailed_to_the_orders_own_address_a_few_times_only(client, paid):
    answers = [client.post(f"/o/{paid.token}/mail/") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [303, 303, 303, 429]
    assert Event.objects.filter(topic="order.links_asked").count() == 3


def give_back(order, amount):
    """Money is set aside for the buyer; the channel has not answered yet."""
    payment = make.payment_of(order)
    with transaction.atomic():
        return refunds.set_aside(
            refunds.lock(payment.pk),
            Money(amount, payment.currency),
            kind=RefundKind.REJECTED,
            reason="a test",
            actor=SYSTEM,
        )


@pytest.mark.parametrize("path", ["reveal", "download"])
def test_keys_that_nobody_saw_stay_with_the_shop_once_all_of_their_money_goes_back(client, paid, path):
    give_back(paid, paid.total)
    assert client.post(f"/o/{paid.token}/{path}/", {"format": "txt"}).status_code == 409
    assert looks() == 0
    assert "The keys stay with the shop" in client.get(f"/o/{paid.token}/").content.decode()


def test_keys_that_were_seen_may_be_seen_again_after_a_refund(client, paid):
    client.post(f"/o/{paid.token}/reveal/")
    give_back(paid, paid.total)
    assert client.post(f"/o/{paid.token}/reveal/").status_code == 200


def test_keys_are_shown_after_a_refund_of_a_part(client, paid):
    give_back(paid, paid.total - 1)
    assert client.post(f"/o/{paid.token}/reveal/").status_code == 200


def test_keys_that_nobody_saw_wait_for_the_end_of_a_dispute(client):
    till = cards.shop()
    order = cards.paid(till).order
    for moves, status, answer in (("-", "needs_response", 409), ("-+", "won", 200)):
        cards.tell(till, cards.dispute_event(make.payment_of(order), status, moved=moves))
        assert client.post(f"/o/{order.token}/reveal/").status_code == answer
