"""Headers, languages, themes and the protection of forms."""

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client, RequestFactory

from web.middleware import Envelope

pytestmark = pytest.mark.urls("tests.web.urls")


def test_our_pages_allow_neither_inline_scripts_nor_eval(client):
    policy = client.get("/answer/")["Content-Security-Policy"]
    assert "script-src 'self';" in policy + ";"
    assert "unsafe" not in policy


def test_our_pages_may_not_be_framed(client):
    answer = client.get("/answer/")
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "DENY"


def _enveloped(path):
    return Envelope(lambda request: HttpResponse())(RequestFactory().get(path))


def test_only_the_operators_pages_allow_what_the_admin_needs():
    assert "'unsafe-eval'" in _enveloped("/ops/orders/")["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/ops/orders/", "/m/orders/", "/account/login/"])
def test_a_page_behind_a_sign_in_is_neither_stored_nor_indexed(path):
    answer = _enveloped(path)
    assert (answer["Cache-Control"], answer["X-Robots-Tag"]) == ("no-store", "noindex")


def test_a_page_whose_address_is_a_key_keeps_it_to_its_owner(client):
    answer = client.get("/o/secret/")
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["Cache-Control"] == "no-store"
    assert "noindex" in answer["X-Robots-Tag"]


def test_types_are_not_guessed(client):
    assert client.get("/answer/")["X-Content-Type-Options"] == "nosniff"


def test_every_request_has_a_number_of_its_own(client):
    numbers = {client.get("/answer/")["X-Request-Id"] for _ in range(3)}
    assert len(numbers) == 3


def test_the_view_sees_the_client_behind_the_trusted_hop(client, settings):
    settings.KEYWAY_TRUSTED_PROXIES = ("127.0.0.1",)
    answer = client.get("/answer/", headers={"X-Forwarded-For": "198.51.100.7"})
    assert answer.content == b"198.51.100.7"


@pytest.mark.parametrize(
    ("accepted", "tag"),
    [("en-GB,en;q=0.9", "en"), ("zh-TW", "zh-CN"), ("zh-CN,en;q=0.5", "zh-CN"), ("fr", "zh-CN")],
)
def test_the_browsers_language_counts_when_nothing_was_chosen(client, accepted, tag):
    assert client.get("/answer/", headers={"Accept-Language": accepted})["Content-Language"] == tag


def test_a_chosen_language_wins_over_the_browsers(client):
    client.cookies["lang"] = "en"
    assert client.get("/answer/", headers={"Accept-Language": "zh-CN"})["Content-Language"] == "en"


def test_a_link_chooses_and_the_cookie_remembers(client):
    client.cookies["lang"] = "zh-hans"
    assert client.get("/answer/?lang=en")["Content-Language"] == "en"
    assert client.get("/answer/")["Content-Language"] == "en"


def test_an_unknown_language_in_a_link_changes_nothing(client):
    answer = client.get("/answer/?lang=<script>")
    assert "lang" not in answer.cookies


def test_a_page_that_chose_nothing_sets_no_cookie_of_choice(client):
    assert not {"lang", "theme"} & set(client.get("/answer/").cookies)


@pytest.mark.parametrize("theme", ["auto", "light", "dark"])
def test_the_chosen_theme_stands_on_the_page_from_the_first_byte(client, theme):
    client.get(f"/answer/?theme={theme}")
    assert f'data-theme="{theme}"' in client.get("/nowhere/").content.decode()


def test_a_theme_of_somebodys_making_is_not_shown(client):
    client.cookies["theme"] = '"><script>'
    assert 'data-theme="auto"' in client.get("/nowhere/").content.decode()


def _posted(origin=None, site=None, *, token="a" * 32):
    client = Client(enforce_csrf_checks=True)
    client.cookies[settings.CSRF_COOKIE_NAME] = "a" * 32
    headers = {"Origin": origin, "Sec-Fetch-Site": site}
    return client.post(
        "/answer/", {"csrfmiddlewaretoken": token}, headers={n: v for n, v in headers.items() if v}
    ).status_code


def test_a_form_with_the_pair_of_cookie_and_token_passes():
    assert _posted() == 200


def test_a_form_with_another_token_is_refused():
    assert _posted(token="b" * 32) == 403


def test_a_form_from_another_site_is_refused():
    assert _posted("https://evil.example") == 403


def test_a_form_from_a_page_without_referrer_passes():
    assert _posted("null", "same-origin") == 200


def test_a_form_from_a_hidden_origin_elsewhere_is_refused():
    assert _posted("null", "cross-site") == 403


def test_a_form_from_a_page_without_referrer_still_needs_its_token():
    assert _posted("null", "same-origin", token="b" * 32) == 403
