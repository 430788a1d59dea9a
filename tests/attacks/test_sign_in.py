"""Getting in without the right to: A1, A2, A3, A5, A7, A38 and the second factor."""

from typing import Any

import pytest
from django.core import mail
from django.test import Client

from merchants.models import Member, User
from merchants.sign_in import factors, letters
from tests.factories.merchants import PASSWORD, MemberFactory, UserFactory
from tests.merchants.people import SECRET, browser, signed_in, try_password

pytestmark = pytest.mark.django_db

RESET = "/account/password/reset/"
LOCMEM = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture
def member() -> Member:
    return MemberFactory.create()


@pytest.fixture
def user(member: Member) -> User:
    factors.give(member.user, SECRET)
    found: User = member.user
    return found


@pytest.fixture
def posted(settings: Any) -> list[Any]:
    settings.EMAIL_BACKEND, settings.CELERY_BROKER_URL = LOCMEM, ""
    return mail.outbox


@pytest.fixture
def broken_mail_server(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", 9, 1
    settings.CELERY_BROKER_URL = ""


def bare(answer: Any, email: str) -> str:
    """A page without what must differ: the number of the request, the form's token, what was typed."""
    text = answer.content.decode().replace(answer["X-Request-Id"], "").replace(email, "")
    token = answer.wsgi_request.META.get("CSRF_COOKIE")
    return "".join(line for line in text.splitlines() if "csrfmiddlewaretoken" not in line or not token)


def test_a1_a_wrong_password_and_an_unknown_person_are_answered_alike(user: User):
    pages = [(try_password(browser(), email, "wrong"), email) for email in (user.email, "nobody@example.com")]
    assert [answer.status_code for answer, _ in pages] == [200, 200]
    assert bare(*pages[0]) == bare(*pages[1])


def test_a1_a_pause_is_the_same_for_who_does_not_exist(user: User):
    seen = {}
    for place, email in enumerate((user.email, "nobody@example.com")):
        tries = [
            try_password(browser(REMOTE_ADDR=f"203.0.113.{20 * place + n}"), email, "wrong").status_code
            for n in range(12)
        ]
        seen[email] = tries
    assert seen[user.email] == seen["nobody@example.com"]
    assert seen[user.email][-1] == 429


@pytest.mark.parametrize("header", ["HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP", "HTTP_FORWARDED"])
def test_a16_a_claimed_address_does_not_lift_a_pause(user: User, header: str):
    for n in range(12):
        answer = try_password(browser(**{header: f"203.0.113.{n}"}), f"person-{n}@example.com", "wrong")
    assert answer.status_code == 429


def test_a1_codes_are_not_guessed_without_end(user: User):
    client = browser()
    try_password(client, user.email)
    right = factors.code_now(user)
    for n in range(6):
        client.post("/account/security/code/", {"code": f"{(int(right) + 500 + n) % 1_000_000:06d}"})
    client.post("/account/security/code/", {"code": right})
    assert client.get("/m/")["Location"].startswith("/account/login/")


def test_a1_a_code_works_once(user: User):
    code = factors.code_now(user)
    first, second = browser(), browser()
    for client in (first, second):
        try_password(client, user.email)
        client.post("/account/security/code/", {"code": code})
    assert "/account/login/" not in first.get("/m/")["Location"]
    assert second.get("/m/")["Location"].startswith("/account/login/")


@pytest.mark.parametrize(
    "path",
    [
        *("/m/", "/ops/", "/account/security/", "/account/security/app/", "/account/security/app/replace/"),
        *("/account/security/recovery/", "/account/security/recovery/file/", "/account/password/change/"),
    ],
)
def test_a3_a_password_alone_reaches_nothing(user: User, path: str):
    client = browser()
    try_password(client, user.email)
    assert client.get(path)["Location"].startswith("/account/login/")
    assert client.post(path)["Location"].startswith("/account/login/")


@pytest.mark.parametrize(
    "headers", [{"x-forwarded-host": "evil.example"}, {"forwarded": "host=evil.example"}]
)
def test_a2_a_claimed_host_is_in_no_link(
    user: User, posted: list[Any], settings: Any, headers: dict[str, str]
):
    browser().post(RESET, {"email": user.email}, headers=headers)
    assert settings.KEYWAY_URL in posted[0].body
    assert "evil" not in posted[0].body


def test_a2_a_mail_server_that_fails_does_not_tell_who_has_an_account(user: User, broken_mail_server: None):
    answers = [browser().post(RESET, {"email": email}) for email in (user.email, "nobody@example.com")]
    assert {answer.status_code for answer in answers} == {302}
    assert answers[0]["Location"] == answers[1]["Location"]


def test_a2_no_mail_server_is_called_while_somebody_waits(user: User, settings: Any):
    settings.EMAIL_BACKEND = LOCMEM
    assert settings.CELERY_BROKER_URL
    browser().post(RESET, {"email": user.email})
    assert mail.outbox == []


def test_a2_the_worker_sends_the_mail_as_it_was_written(posted: list[Any]):
    message = mail.EmailMultiAlternatives("主题", "text", "Keyway <a@example.com>", ["b@example.com"])
    message.attach_alternative("<p>text</p>", "text/html")
    letters.hand_over(message)
    (sent,) = posted
    assert (sent.subject, sent.body, sent.from_email, sent.to) == (
        "主题",
        "text",
        message.from_email,
        message.to,
    )
    assert [tuple(other) for other in sent.alternatives] == [("<p>text</p>", "text/html")]


def test_a5_signing_in_changes_the_session(user: User):
    client = browser()
    client.get("/account/login/")
    client.cookies["__Host-session"] = fixed = "a" * 32
    try_password(client, user.email)
    between = client.cookies["__Host-session"].value
    client.post("/account/security/code/", {"code": factors.code_now(user)})
    assert len({fixed, between, client.cookies["__Host-session"].value}) == 3


def test_a5_the_cookies_of_signing_in_are_out_of_reach_of_scripts_and_of_plain_text(user: User):
    client = browser()
    client.get("/account/login/")
    try_password(client, user.email)
    kept = [client.cookies[name] for name in ("__Host-session", "__Host-csrf")]
    assert all(one["secure"] and one["httponly"] and one["path"] == "/" and not one["domain"] for one in kept)
    assert all(one["samesite"] == "Lax" for one in kept)


def test_a5_signing_out_ends_the_session_on_the_server(user: User):
    client = signed_in(user)
    stolen = browser()
    stolen.cookies["__Host-session"] = client.cookies["__Host-session"].value
    client.post("/account/logout/")
    assert stolen.get("/m/")["Location"].startswith("/account/login/")


@pytest.mark.parametrize(
    "target",
    [
        *(
            "//evil.example",
            "https://evil.example/",
            "/\\evil.example",
            "\\\\evil.example",
            "///evil.example",
        ),
        *(
            "/\t/evil.example",
            " //evil.example",
            "/\n/evil.example",
            "javascript:alert(1)",
            "https:evil.example",
        ),
    ],
)
def test_a7_signing_in_leads_to_no_other_site(user: User, target: str):
    client = browser()
    client.post("/account/login/", {"login": user.email, "password": PASSWORD, "next": target})
    answer = client.post("/account/security/code/", {"code": factors.code_now(user), "next": target})
    assert answer["Location"] == "/m/"


def test_a36_a_member_finds_nothing_of_the_back_office(user: User):
    client = signed_in(user)
    assert {client.get(path).status_code for path in ("/ops/", "/ops/login/", "/ops/jsi18n/")} == {404}


def test_a36_an_operator_without_a_second_factor_gets_no_further_than_setting_it_up():
    operator = UserFactory.create(is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(operator, backend="django.contrib.auth.backends.ModelBackend")
    for path in ("/ops/", "/ops/merchants/merchant/", "/ops/login/", "/m/"):
        assert client.get(path)["Location"].startswith("/account/security/app/")


def test_a38_who_is_off_the_team_is_out_at_the_next_request(member: Member):
    client = signed_in(member.user)
    home = f"/m/{member.merchant.key}/"
    assert client.get(home).status_code == 200
    Member.objects.filter(pk=member.pk).delete()
    assert client.get(home).status_code == 404
