"""Signing in by a mailed code: one browser, ten minutes, five tries, the same answer for everybody."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client

from buyers import keys, sessions, tasks
from buyers.models import Buyer, Code
from buyers.services import sign_in
from kernel import clock
from tests.factories import buyers as make
from tests.factories.merchants import MemberFactory
from tests.merchants import people

pytestmark = pytest.mark.django_db

ASK, CODE, HOME = "/my/sign-in/", "/my/sign-in/code/", "/my/"
EMAIL = "bai@example.com"


@pytest.fixture
def client() -> Client:
    return make.browser()


def ask(client: Client, email: str = EMAIL, goal: str = "", **extra: Any) -> Any:
    return client.post(ASK + goal, {"email": email}, **extra)


def enter(client: Client, code: str) -> Any:
    return client.post(CODE, {"code": code})


def cookie(client: Client) -> str:
    found = client.cookies.get(sessions.COOKIE)
    return found.value if found else ""


def test_a_mailed_code_signs_in(client: Client):
    assert ask(client).headers["Location"] == CODE
    answer = enter(client, make.mailed(EMAIL))
    assert (answer.status_code, answer.headers["Location"]) == (303, HOME)
    assert client.get(HOME).status_code == 200


def test_a_code_may_be_pasted_with_spaces(client: Client):
    ask(client)
    code = make.mailed(EMAIL)
    assert enter(client, f" {code[:3]} {code[3:]}\n").status_code == 303


def test_the_field_lets_the_browser_fill_in_the_code(client: Client):
    ask(client)
    page = client.get(CODE).content.decode()
    assert 'autocomplete="one-time-code"' in page and 'inputmode="numeric"' in page


def test_the_buyer_is_made_at_the_first_sign_in_and_not_before(client: Client):
    ask(client)
    assert not Buyer.objects.exists()
    enter(client, make.mailed(EMAIL))
    assert Buyer.objects.get().address == EMAIL


def test_the_second_sign_in_is_the_same_buyer(client: Client):
    first = make.buyer(EMAIL)
    ask(client, " BAI@Example.com ")
    enter(client, make.mailed(EMAIL))
    assert Buyer.objects.get() == first


def test_the_address_lies_sealed(client: Client):
    make.buyer(EMAIL)
    with connection.cursor() as cursor:
        cursor.execute("SELECT b::text FROM buyers_buyer b UNION ALL SELECT c::text FROM buyers_code c")
        told = str(cursor.fetchall())
    assert EMAIL not in told and EMAIL.encode().hex() not in told


def test_the_answer_is_the_same_whether_the_address_is_known(client: Client):
    make.buyer("known@example.com")
    other = make.browser()
    known, unknown = ask(client, "known@example.com"), ask(other, "unknown@example.com")
    assert (known.status_code, known.headers["Location"], known.content) == (
        unknown.status_code,
        unknown.headers["Location"],
        unknown.content,
    )
    pages = [
        browser.get(CODE).content.decode().replace(name, "")
        for browser, name in ((client, "known@example.com"), (other, "unknown@example.com"))
    ]
    assert without_tokens(pages[0]) == without_tokens(pages[1])
    assert [letter.subject[6:] for letter in mail.outbox[-2:]] == [mail.outbox[-1].subject[6:]] * 2


def without_tokens(page: str) -> list[str]:
    return [line for line in page.splitlines() if "csrfmiddlewaretoken" not in line]


def test_an_address_that_is_none_gets_no_mail(client: Client):
    assert ask(client, "nobody").status_code == 400
    assert mail.outbox == []


def test_a_wrong_code_signs_nobody_in(client: Client):
    ask(client)
    answer = enter(client, make.wrong(make.mailed(EMAIL)))
    assert answer.status_code == 400
    assert "not the code" in answer.content.decode()
    assert client.get(HOME).status_code == 303


def test_the_right_code_is_too_late_after_five_wrong_ones(client: Client):
    ask(client)
    code = make.mailed(EMAIL)
    for _ in range(5):
        enter(client, make.wrong(code))
    assert "no longer works" in enter(client, code).content.decode()
    assert not Buyer.objects.exists()


def test_a_code_works_for_ten_minutes(client: Client):
    ask(client)
    with clock.telling(clock.now() + timedelta(minutes=11)):
        assert enter(client, make.mailed(EMAIL)).status_code == 400


def test_a_code_works_once(client: Client):
    ask(client)
    code, before = make.mailed(EMAIL), cookie(client)
    enter(client, code)
    client.cookies[sessions.COOKIE] = before
    enter(client, code)
    assert client.get(HOME).status_code == 303


def test_a_later_code_of_a_browser_takes_the_place_of_its_earlier_one(client: Client):
    ask(client)
    first = make.mailed(EMAIL)
    ask(client)
    assert Code.objects.count() == 1
    second = make.mailed(EMAIL)
    assert enter(client, first if first != second else make.wrong(second)).status_code == 400
    assert enter(client, second).status_code == 303


def test_the_code_of_another_browser_works_only_there(client: Client):
    ask(client)
    code = make.mailed(EMAIL)
    stranger = make.browser()
    assert enter(stranger, code).headers["Location"] == ASK
    ask(stranger, "stranger@example.com")
    assert enter(stranger, code).status_code == 400
    assert enter(client, code).status_code == 303


def test_a_stranger_who_asks_puts_no_other_code_in_the_place_of_an_owners(client: Client):
    ask(client)
    code = make.mailed(EMAIL)
    ask(make.browser(), REMOTE_ADDR="203.0.113.9")
    assert enter(client, code).status_code == 303


def test_one_network_has_three_codes_mailed_to_an_address_in_ten_minutes(client: Client):
    assert [ask(make.browser()).status_code for _ in range(4)] == [303, 303, 303, 429]


def test_one_network_has_ten_codes_mailed_to_an_address_a_day(client: Client):
    start, answers = clock.now(), []
    for n in range(12):
        with clock.telling(start + timedelta(minutes=11 * n)):
            answers.append(ask(make.browser()).status_code)
    assert answers == [303] * 10 + [429] * 2


def test_a_stranger_who_asks_all_day_keeps_nobody_out(client: Client):
    start = clock.now()
    for n in range(12):
        with clock.telling(start + timedelta(minutes=11 * n)):
            ask(make.browser(), REMOTE_ADDR="203.0.113.9")
    with clock.telling(start + timedelta(minutes=122)):
        assert ask(client).status_code == 303
        assert enter(client, make.mailed(EMAIL)).status_code == 303


def test_strangers_of_many_networks_fill_no_mailbox(client: Client):
    answers = [ask(make.browser(), REMOTE_ADDR=f"203.0.113.{n}").status_code for n in range(21)]
    assert answers == [303] * 20 + [429]


def test_strangers_of_many_networks_keep_no_browser_out_that_the_owner_used_before(client: Client):
    make.signed_in(make.buyer(EMAIL), client).post("/my/sign-out/")
    for n in range(21):
        ask(make.browser(), REMOTE_ADDR=f"203.0.113.{n}")
    assert ask(make.browser()).status_code == 429
    assert ask(client).status_code == 303


def test_what_is_mailed_to_an_address_more_often_than_people_ask_is_not_to_be_guessed(client: Client):
    for n in range(11):
        ask(make.browser(), REMOTE_ADDR=f"203.0.113.{n}")
    lengths = [len(re.findall(r"^\d+$", letter.body, re.MULTILINE)[0]) for letter in mail.outbox]
    assert lengths == [6] * 10 + [10]


def test_one_network_cannot_mail_to_many(client: Client):
    answers = [ask(client, f"b{n}@example.com").status_code for n in range(21)]
    assert answers == [303] * 20 + [429]


def test_one_network_cannot_try_many_codes():
    answers = []
    for n in range(7):
        client = make.browser()
        ask(client, f"b{n}@example.com")
        answers += [enter(client, make.wrong(make.mailed(f"b{n}@example.com"))).status_code for _ in range(5)]
    assert answers == [400] * 30 + [429] * 5


def test_a_session_starts_under_a_new_name(client: Client):
    ask(client)
    before = cookie(client)
    enter(client, make.mailed(EMAIL))
    assert before and cookie(client) != before
    stranger = make.browser()
    stranger.cookies[sessions.COOKIE] = before
    assert stranger.get(HOME).status_code == 303


def test_a_name_that_a_stranger_planted_is_not_taken_over(client: Client):
    planted = "a" * 32
    client.cookies[sessions.COOKIE] = planted
    ask(client)
    assert cookie(client) != planted
    enter(client, make.mailed(EMAIL))
    stranger = make.browser()
    stranger.cookies[sessions.COOKIE] = planted
    assert stranger.get(HOME).status_code == 303


def test_a_browser_that_signs_in_anew_leaves_no_open_session_behind():
    request, response = HttpRequest(), HttpResponse()
    sessions.start(request, response, make.buyer())
    first = sessions.of(request).session_key
    sessions.start(request, response, make.buyer("ding@example.com"))
    stranger = make.browser()
    stranger.cookies[sessions.COOKIE] = first
    assert first != sessions.of(request).session_key
    assert stranger.get(HOME).status_code == 303


def test_the_cookie_is_for_this_host_over_tls_and_no_script(client: Client):
    make.signed_in(make.buyer(), client)
    kept = client.cookies[sessions.COOKIE]
    assert (kept["secure"], kept["httponly"], kept["samesite"], kept["path"]) == (True, True, "Lax", "/")


def test_a_session_ends_after_thirty_days(client: Client):
    make.signed_in(make.buyer(), client)
    store = sessions.SessionStore(cookie(client))
    assert timedelta(days=29, hours=23) < store.get_expiry_date() - clock.now() < timedelta(days=30, hours=1)


def test_signing_out_ends_the_session_on_the_server(client: Client):
    make.signed_in(make.buyer(), client)
    kept = cookie(client)
    client.post("/my/sign-out/")
    client.cookies[sessions.COOKIE] = kept
    assert client.get(HOME).status_code == 303


def test_signing_out_everywhere_ends_other_browsers_too(client: Client):
    who = make.buyer()
    other = make.signed_in(who)
    make.signed_in(who, client).post("/my/settings/sign-out/")
    assert other.get(HOME).status_code == 303


def test_a_buyers_session_is_no_members_and_a_members_no_buyers(client: Client):
    member = MemberFactory.create()
    browser = people.signed_in(member.user)
    assert browser.get(HOME).status_code == 303
    make.signed_in(make.buyer(), client)
    assert client.get(f"/m/{member.merchant.key}/").status_code == 302
    make.signed_in(Buyer.objects.get(), browser)
    browser.post("/my/sign-out/")
    assert browser.get(f"/m/{member.merchant.key}/").status_code == 200


@pytest.mark.parametrize("goal", ["/my/orders/", "/my/settings/email/"])
def test_who_signs_in_comes_back_to_where_they_wanted(client: Client, goal: str):
    there = client.get(goal).headers["Location"]
    ask(client, goal=there.removeprefix(ASK))
    assert enter(client, make.mailed(EMAIL)).headers["Location"] == goal


@pytest.mark.parametrize(
    "goal",
    ["https://evil.example/", "//evil.example/my/", "/m/", "/my/../ops/", "/my/\\evil", "javascript:x"],
)
def test_who_signs_in_is_sent_nowhere_else(client: Client, goal: str):
    client.post(f"{ASK}?next={goal}", {"email": EMAIL})
    assert enter(client, make.mailed(EMAIL)).headers["Location"] == HOME


@pytest.mark.parametrize(("language", "tag"), [("zh-hans", "zh-CN"), ("en", "en")])
def test_the_mail_speaks_the_askers_language(language: str, tag: str):
    sign_in.ask(EMAIL, language=language, asker="x")
    assert f'lang="{tag}"' in str(mail.outbox[-1].alternatives[0][0])


def test_a_mail_server_that_takes_nothing_is_said_so(client: Client, settings: Any):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    assert ask(client).status_code == 503


def test_the_database_knows_an_address_once():
    assert keys.email_key(EMAIL) == bytes(make.buyer(EMAIL).email_key or b"")
    assert make.buyer(EMAIL.upper()) == Buyer.objects.get()


def test_codes_and_sessions_whose_time_is_over_are_forgotten(client: Client):
    ask(client)
    Session.objects.update(expire_date=clock.now() - timedelta(seconds=1))
    ask(make.browser(), "other@example.com")
    Code.objects.filter(email_key=keys.email_key(EMAIL)).update(expires_at=clock.now() - timedelta(seconds=1))
    assert tasks.forget() == 1
    assert Code.objects.count() == Session.objects.count() == 1
