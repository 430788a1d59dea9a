"""Every POST of every face needs a form's token or a key: what is exempt stands here by name.

The addresses are read from the table of addresses, so a new one is tried as soon as it exists.
"""

import re
from typing import Any

import pytest
from django.test import Client

from kernel import ids
from tests.attacks.tenants import addresses, sweep
from tests.factories.merchants import UserFactory
from tests.merchants.people import signed_in

pytestmark = pytest.mark.django_db

FACES = dict(addresses())
BY_KEY = "api/v1/"
SIGNED_BY_CHANNELS = ["n/<str:token>/", "n/a/<str:token>/"]
# Its token is checked once the handler is in place that seals the file while it comes in.
CHECKED_LATER = "m/<str:merchant>/products/<str:product>/import/"
ONLY_READ = "docs/api/"  # of the library that draws it, and takes no POST

EXPRESSIONS = {
    "ops/^(?P<app_label>": "ops/risk/",
    "ops/(?P<url>": "ops/nothing/",
    "account/^password/reset/key/": "account/password/reset/key/a-b/",
}
"""Addresses that are no plain paths, by their beginnings, and one of each."""


def at(path: str) -> str:
    """An address of this kind; what it names need not be there."""
    path = next((one for start, one in EXPRESSIONS.items() if path.startswith(start)), path)
    assert "(?P" not in path, f"{path}: say in tests/attacks/test_form_tokens.py what such an address is"
    return "/" + re.sub(r"<\w+:\w+>", ids.encode("ord", ids.new()), path)


def is_exempt(path: str) -> bool:
    return bool(getattr(FACES[path].callback, "csrf_exempt", False))


WITH_TOKEN = [path for path in FACES if not is_exempt(path) or path == CHECKED_LATER]


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


@pytest.fixture
def strict() -> Client:
    """Somebody who may do everything, signed in with both factors; the browser has the cookies, no token."""
    client = Client(enforce_csrf_checks=True, headers={"Accept": "application/json"})
    client.cookies = signed_in(UserFactory.create(is_staff=True, is_superuser=True)).cookies
    return client


def test_what_needs_no_token_stands_here_by_name():
    exempt = [path for path in FACES if is_exempt(path) and not path.startswith(BY_KEY)]
    assert sorted(exempt) == sorted([*SIGNED_BY_CHANNELS, CHECKED_LATER, ONLY_READ])


def test_every_face_is_swept():
    faces = {path.partition("/")[0] for path in WITH_TOKEN}
    assert faces >= {"o", "s", "account", "ops", "m", "my"}


def test_a_post_without_a_token_is_refused_everywhere(strict: Client):
    answers = sweep(WITH_TOKEN, lambda path: code(strict.post(at(path))))
    assert answers == dict.fromkeys(WITH_TOKEN, (403, "form_expired"))


def test_a_post_that_a_foreign_page_sends_is_refused_everywhere(strict: Client):
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    answers = sweep(WITH_TOKEN, lambda path: code(strict.post(at(path), headers=foreign)))
    assert answers == dict.fromkeys(WITH_TOKEN, (403, "form_expired"))


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_no_other_method_gets_past_it(strict: Client, method: str):
    answers = sweep(WITH_TOKEN, lambda path: code(getattr(strict, method)(at(path))))
    assert answers == dict.fromkeys(WITH_TOKEN, (403, "form_expired"))


def test_what_is_drawn_of_the_api_takes_no_post(strict: Client):
    assert strict.post(at(ONLY_READ)).status_code == 405
