"""Signing in: both factors, brute force, sessions, the gate."""

from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import make_password
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client, override_settings

from audit.models import AuditRow
from kernel import clock
from merchants.models import User
from merchants.sign_in import factors, familiar, limits
from tests import passwords
from tests.factories.merchants import PASSWORD, MemberFactory, UserFactory
from tests.merchants.people import SECRET, browser, signed_in, try_password

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    member: User = MemberFactory.create().user
    return member


@pytest.fixture
def enrolled(user: User) -> User:
    factors.give(user, SECRET)
    return user


@pytest.fixture(autouse=True)
def mails() -> Iterator[None]:
    # Without a broker nobody else sends them.
    with override_settings(
        EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend", CELERY_BROKER_URL=""
    ):
        yield


def come_in(client: Client, user: User) -> Any:
    try_password(client, user.email)
    return client.post("/account/security/code/", {"code": factors.code_now(user)})


class TestBothFactors:
    def test_outside_of_tests_a_password_is_hashed_a_million_times(self):
        with override_settings(PASSWORD_HASHERS=passwords.PRODUCTION):
            algorithm, rounds, *_ = make_password("a password").split("$")
        assert (algorithm, int(rounds) >= 1_000_000) == ("pbkdf2_sha256", True)

    def test_a_password_alone_opens_nothing(self, enrolled: User):
        client = browser()
        assert try_password(client, enrolled.email)["Location"] == "/account/security/code/"
        assert client.get("/m/")["Location"].startswith("/account/login/")

    def test_password_and_code_open_the_dashboard(self, enrolled: User):
        assert come_in(browser(), enrolled)["Location"] == "/m/"

    def test_a_wrong_code_opens_nothing(self, enrolled: User):
        client = browser()
        try_password(client, enrolled.email)
        wrong = f"{(int(factors.code_now(enrolled)) + 1) % 1_000_000:06d}"
        assert client.post("/account/security/code/", {"code": wrong}).status_code == 200
        assert client.get("/m/").status_code == 302

    def test_a_code_works_once(self, enrolled: User):
        come_in(browser(), enrolled)
        assert come_in(browser(), enrolled).status_code == 200

    def test_a_recovery_code_works_once(self, enrolled: User):
        codes = Authenticator.objects.get(user=enrolled, type="recovery_codes").wrap().get_unused_codes()
        answers = []
        for _ in range(2):
            client = browser()
            try_password(client, enrolled.email)
            answers.append(client.post("/account/security/code/", {"code": codes[0]}).status_code)
        assert answers == [302, 200]

    def test_whoever_has_no_second_factor_must_set_one_up(self, user: User):
        client = browser()
        try_password(client, user.email)
        assert client.get("/m/")["Location"] == "/account/security/app/?next=%2Fm%2F"

    def test_setting_one_up_opens_the_dashboard_without_another_code(self, user: User):
        client = browser()
        try_password(client, user.email)
        client.get("/account/security/app/")
        secret = client.session["mfa.totp.secret"]
        code = code_of(secret)
        assert (
            client.post("/account/security/app/", {"code": code})["Location"] == "/account/security/recovery/"
        )
        assert "account" not in client.get("/m/").get("Location", "")

    def test_a_session_from_before_must_show_the_new_factor(self, user: User):
        client = browser()
        try_password(client, user.email)
        factors.give(user, SECRET)
        assert client.get("/m/")["Location"] == "/account/security/confirm/?next=%2Fm%2F"

    def test_secrets_are_sealed_in_the_database(self, enrolled: User):
        kept = [str(row.data) for row in Authenticator.objects.filter(user=enrolled)]
        assert not any(SECRET in text for text in kept)

    def test_the_e_mail_may_be_typed_in_capitals(self, enrolled: User):
        answer = try_password(browser(), enrolled.email.upper())
        assert answer["Location"] == "/account/security/code/"

    def test_who_came_in_is_on_record_with_a_sealed_address(self, enrolled: User):
        come_in(browser(REMOTE_ADDR="203.0.113.9"), enrolled)
        row = AuditRow.objects.get(action="user.signed_in")
        assert (row.actor_id, b"203.0.113.9" in bytes(row.origin)) == (enrolled.id, False)

    def test_nobody_signs_up_by_themselves(self):
        assert browser().get("/account/signup/").status_code == 404


def code_of(secret: str) -> str:
    from allauth.mfa.totp.internal import auth

    return str(auth.format_hotp_value(auth.hotp_value(secret, list(auth.yield_hotp_counters_from_time())[1])))


@pytest.mark.parametrize(
    "path", ["/account/security/", "/account/security/recovery/", "/account/security/app/replace/"]
)
def test_a_password_alone_does_not_reach_what_the_second_factor_guards(user: User, path: str):
    client = browser()
    try_password(client, user.email)
    factors.give(user, SECRET)
    assert client.get(path)["Location"].startswith("/account/security/confirm/?next=")


class TestBruteForce:
    def fail(self, times: int, email: Any, address: Any) -> list[int]:
        return [
            try_password(browser(REMOTE_ADDR=address(n)), email(n), "wrong").status_code for n in range(times)
        ]

    def test_many_tries_at_one_account_from_many_addresses_are_stopped(self, enrolled: User):
        seen = self.fail(limits.FAILURES + 1, lambda _: enrolled.email, lambda n: f"203.0.113.{n}")
        assert (seen[: limits.FAILURES - 1], seen[-1]) == ([200] * (limits.FAILURES - 1), 429)

    def test_many_accounts_from_one_address_are_stopped(self):
        seen = self.fail(limits.FAILURES + 1, lambda n: f"who{n}@example.com", lambda _: "203.0.113.7")
        assert seen[-1] == 429

    def test_the_right_password_does_not_help_during_the_pause(self, enrolled: User):
        self.fail(limits.FAILURES, lambda _: enrolled.email, lambda n: f"203.0.113.{n}")
        assert try_password(browser(REMOTE_ADDR="198.51.100.1"), enrolled.email).status_code == 429

    def test_a_stranger_cannot_keep_the_owner_out(self, enrolled: User):
        own = browser(REMOTE_ADDR="198.51.100.1")
        come_in(own, enrolled)
        own.post("/account/logout/")
        self.fail(limits.FAILURES + 5, lambda _: enrolled.email, lambda n: f"203.0.113.{n}")
        assert try_password(own, enrolled.email)["Location"] == "/account/security/code/"

    def test_even_an_own_browser_is_stopped_after_its_own_failures(self, enrolled: User):
        own = browser(REMOTE_ADDR="198.51.100.1")
        come_in(own, enrolled)
        own.post("/account/logout/")
        seen = [try_password(own, enrolled.email, "wrong").status_code for _ in range(limits.FAILURES + 1)]
        assert seen[-1] == 429

    def test_a_made_up_cookie_makes_no_browser_familiar(self, enrolled: User):
        own = browser()
        own.cookies[familiar.COOKIE] = "WyJhIl0:made:up"
        self.fail(limits.FAILURES, lambda _: enrolled.email, lambda n: f"203.0.113.{n}")
        assert try_password(own, enrolled.email).status_code == 429

    def test_the_pause_ends(self, enrolled: User, time_machine: Any):
        self.fail(limits.FAILURES, lambda _: enrolled.email, lambda n: f"203.0.113.{n}")
        time_machine.move_to(clock.now() + limits.PAUSE + timedelta(seconds=1))
        assert try_password(browser(), enrolled.email).status_code == 302

    def test_an_unknown_account_is_answered_like_a_known_one(self, enrolled: User):
        known = try_password(browser(), enrolled.email, "wrong")
        unknown = try_password(browser(), "nobody@example.com", "wrong")
        assert list(known.context["form"].errors.values()) == list(unknown.context["form"].errors.values())

    def test_codes_cannot_be_guessed_without_end(self, enrolled: User):
        client = browser()
        try_password(client, enrolled.email)
        for _ in range(5):
            client.post("/account/security/code/", {"code": "000000"})
        answer = client.post("/account/security/code/", {"code": factors.code_now(enrolled)})
        assert answer.status_code == 200
        assert client.get("/m/").status_code == 302


class TestSessions:
    def test_cookies_are_out_of_reach_for_scripts_and_other_sites(self, enrolled: User):
        client = browser()
        come_in(client, enrolled)
        cookie = client.cookies["__Host-session"]
        assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Lax")

    def test_signing_in_changes_the_session(self, enrolled: User):
        client = browser()
        try_password(client, enrolled.email)
        before = client.session.session_key
        client.post("/account/security/code/", {"code": factors.code_now(enrolled)})
        assert client.session.session_key != before

    def test_signing_out_ends_it_on_the_server(self, enrolled: User):
        client = browser()
        come_in(client, enrolled)
        stolen = client.cookies["__Host-session"].value
        client.post("/account/logout/")
        thief = browser()
        thief.cookies["__Host-session"] = stolen
        assert thief.get("/m/")["Location"].startswith("/account/login/")

    def test_a_new_password_ends_other_sessions(self, enrolled: User):
        client = signed_in(enrolled)
        enrolled.set_password("another long enough password")
        enrolled.save()
        assert client.get("/m/")["Location"].startswith("/account/login/")

    @pytest.mark.parametrize(
        "target", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"]
    )
    def test_signing_in_leads_to_no_other_site(self, enrolled: User, target: str):
        client = browser()
        client.post("/account/login/", {"login": enrolled.email, "password": PASSWORD, "next": target})
        answer = client.post("/account/security/code/", {"code": factors.code_now(enrolled)})
        assert answer["Location"] == "/m/"

    def test_signing_out_needs_a_post(self, enrolled: User):
        client = signed_in(enrolled)
        client.get("/account/logout/")
        assert "account/login" not in client.get("/m/").get("Location", "")


class TestForgottenPasswords:
    def ask(self, email: str, **extra: Any) -> Any:
        return browser().post("/account/password/reset/", {"email": email}, **extra)

    def test_the_link_is_on_the_configured_address(self, user: User, settings: Any):
        settings.ALLOWED_HOSTS = ["evil.example", "testserver"]
        self.ask(user.email, headers={"host": "evil.example"})
        assert f"{settings.KEYWAY_URL}/account/password/reset/key/" in mail.outbox[0].body
        assert "evil" not in mail.outbox[0].body

    def test_an_unknown_host_is_refused(self, user: User):
        assert self.ask(user.email, headers={"host": "evil.example"}).status_code == 400

    def test_an_unknown_e_mail_is_answered_the_same_and_sends_nothing(self, user: User):
        assert self.ask(user.email)["Location"] == self.ask("nobody@example.com")["Location"]
        assert len(mail.outbox) == 1

    def test_a_new_password_does_not_pass_the_second_factor(self, enrolled: User):
        self.ask(enrolled.email)
        client = self.set_anew(mail.outbox[0].body, "a wholly new password")
        assert client.get("/m/")["Location"].startswith("/account/login/")
        assert (
            try_password(client, enrolled.email, "a wholly new password")["Location"]
            == "/account/security/code/"
        )

    def test_a_link_works_once(self, enrolled: User):
        self.ask(enrolled.email)
        body = mail.outbox[0].body
        self.set_anew(body, "a wholly new password")
        self.set_anew(body, "and yet another password")
        assert "Location" in try_password(browser(), enrolled.email, "a wholly new password")

    def set_anew(self, body: str, password: str) -> Client:
        client = browser()
        path = next(line for line in body.splitlines() if "/password/reset/key/" in line).strip()
        answer = client.get(path[path.index("/account") :], follow=True)
        client.post(answer.request["PATH_INFO"], {"password1": password, "password2": password})
        return client


class TestGate:
    @pytest.mark.parametrize("path", ["/m/", "/m/anything/at/all/", "/ops/", "/ops/merchants/user/"])
    def test_nobody_passes_without_signing_in(self, path: str):
        assert browser().get(path)["Location"].startswith("/account/login/?next=")

    def test_a_member_finds_no_back_office(self, user: User):
        assert signed_in(user).get("/ops/").status_code == 404

    def test_an_operator_finds_it(self):
        operator = UserFactory.create(is_staff=True, is_superuser=True)
        assert signed_in(operator).get("/ops/").status_code == 200

    def test_an_operator_without_a_second_factor_must_set_one_up(self):
        operator = UserFactory.create(is_staff=True, is_superuser=True)
        client = browser()
        try_password(client, operator.email)
        assert client.get("/ops/")["Location"].startswith("/account/security/app/")

    def test_who_lost_the_office_is_out_at_the_next_request(self):
        operator = UserFactory.create(is_staff=True, is_superuser=True)
        client = signed_in(operator)
        User.objects.filter(pk=operator.pk).update(is_staff=False)
        assert client.get("/ops/").status_code == 404

    def test_a_closed_account_is_out_at_the_next_request(self, user: User):
        client = signed_in(user)
        User.objects.filter(pk=user.pk).update(is_active=False)
        assert client.get("/m/")["Location"].startswith("/account/login/")


class TestTheCodeCommand:
    def test_it_prints_what_the_app_shows(self, enrolled: User):
        out = StringIO()
        call_command("totp_code", enrolled.email, stdout=out)
        assert out.getvalue().strip() == factors.code_now(enrolled)

    def test_the_part_before_the_at_is_enough(self, enrolled: User):
        out = StringIO()
        call_command("totp_code", enrolled.email.split("@")[0], stdout=out)
        assert len(out.getvalue().strip()) == 6

    def test_it_refuses_in_production(self, enrolled: User, settings: Any):
        settings.KEYWAY_STAGE = "production"
        with pytest.raises(CommandError):
            call_command("totp_code", enrolled.email)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    "path",
    [
        "/account/login/",
        "/account/password/reset/",
        "/account/password/reset/sent/",
        "/account/password/reset/done/",
        "/account/inactive/",
    ],
)
def test_every_page_before_signing_in_is_shown(path: str, language: str):
    assert browser().get(path, {"lang": language}).status_code == 200


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    "path",
    [
        "/account/security/",
        "/account/security/recovery/",
        "/account/security/recovery/new/",
        "/account/security/app/replace/",
        "/account/password/change/",
        "/account/logout/",
    ],
)
def test_every_page_after_signing_in_is_shown(enrolled: User, path: str, language: str):
    assert signed_in(enrolled).get(path, {"lang": language}).status_code == 200
