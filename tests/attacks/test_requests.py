"""Requests that no browser of ours sends: A19, A29, A32, A47, A51, and what an address may carry."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from payments.models import Order
from payments.tokens import TOKEN_LENGTH
from tests.factories import payments as make

pytestmark = pytest.mark.django_db

NUL = "%00"


@pytest.fixture
def shop() -> make.Shop:
    return make.shop()


@pytest.mark.parametrize(
    "address",
    [
        f"/s/{NUL}/",
        f"/s/a{NUL}/p/b/",
        f"/o/{'a' * (TOKEN_LENGTH - 1)}{NUL}/",
        f"/o/{'a' * (TOKEN_LENGTH - 1)}{NUL}/live/",
        f"/n/{'a' * (TOKEN_LENGTH - 1)}{NUL}/",
        f"/account/invitation/{NUL}/",
        f"/m/{NUL}/",
        f"/ops/{NUL}/",
    ],
)
def test_a47_a_nul_in_an_address_is_not_there_and_breaks_nothing(address: str):
    strict = Client(raise_request_exception=False)
    assert {strict.get(address).status_code, strict.post(address).status_code} == {404}


@pytest.mark.parametrize(
    "query", ["q=%00", "q=%ff%fe", "lang=%00", "theme=%22%3E%3Cscript%3E", "asked=%00", "q=" + "x" * 5000]
)
def test_a47_a_query_of_nonsense_breaks_nothing(shop: make.Shop, query: str):
    answer = Client(raise_request_exception=False).get(f"/s/{shop.product.store.slug}/?{query}")
    assert answer.status_code == 200
    assert "<script>" not in answer.content.decode()


@pytest.mark.parametrize(
    "path", ["//evil.example/", "//evil.example/s/x/", "/%5Cevil.example/", "/%09/evil.example/"]
)
def test_a7_no_page_links_to_a_host_that_stands_in_its_address(path: str):
    page = Client().get("/", PATH_INFO=path).content.decode()
    assert 'href="?lang=en"' in page
    assert 'href="//' not in page
    assert 'href="/\\' not in page
    assert "evil.example" not in page


@pytest.mark.parametrize(
    "address",
    ["/", "/s/{slug}/find/", "/s/{slug}/p/{product}/", "/o/{token}/reveal/", "/account/login/", "/ops/"],
)
def test_a19_a_large_body_is_refused_before_it_is_read(shop: make.Shop, address: str):
    order = make.place(shop)
    address = address.format(slug=shop.product.store.slug, product=shop.product.slug, token=order.token)
    body = Unread()
    answer = Client(enforce_csrf_checks=True).post(
        address,
        CONTENT_TYPE="multipart/form-data; boundary=x",
        CONTENT_LENGTH="1073741824",
        **{"wsgi.input": body},
    )
    assert answer.status_code == 413
    assert not body.was_read


@pytest.mark.parametrize("address", ["/s/{slug}/p/{product}/", "/s/{slug}/find/", "/account/login/"])
def test_a44_no_public_form_lays_a_file_on_the_disk(
    shop: make.Shop, address: str, settings: Any, tmp_path: Path
):
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    address = address.format(slug=shop.product.store.slug, product=shop.product.slug)
    # Above this size Django would write a file to the folder for temporary ones as it comes.
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 1000
    request = Client().post(address, {"file": SimpleUploadedFile("keys.txt", b"A" * 900_000)}).wsgi_request
    assert not request.FILES
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "address",
    [
        "/metrics",
        "/.git/config",
        "/admin/",
        "/manage.py",
        "/static/..%2fmanage.py",
        "/static/%2e%2e/manage.py",
        "/node_modules/",
        "/control/faults/",
        "/gateway.do",
        "/mail/",
    ],
)
def test_a51_nothing_but_the_faces_is_exposed(address: str):
    assert Client().get(address).status_code == 404


@pytest.mark.parametrize("part", ["reveal/", "download/", "pay/", "extend/", "check/", "cancel/", "mail/"])
def test_a6_no_link_changes_an_order(shop: make.Shop, part: str):
    order = make.paid(shop)
    before = Order.objects.values().get(pk=order.pk)
    assert Client().get(f"/o/{order.token}/{part}").status_code == 405
    assert Order.objects.values().get(pk=order.pk) == before


@pytest.mark.parametrize("part", ["reveal/", "download/", "pay/", "extend/", "check/", "cancel/", "mail/"])
def test_a6_every_form_of_an_order_needs_its_token(shop: make.Shop, part: str):
    order = make.place(shop)
    assert Client(enforce_csrf_checks=True).post(f"/o/{order.token}/{part}").status_code == 403


@pytest.mark.parametrize(
    ("part", "method"),
    [("", "get"), ("live/", "get"), ("reveal/", "post"), ("download/", "post"), ("pay/", "post")],
)
def test_a32_an_order_keeps_its_address_to_itself_also_when_it_refuses(
    shop: make.Shop, part: str, method: str
):
    order = make.place(shop)
    answer = getattr(Client(), method)(f"/o/{order.token}/{part}")
    assert answer["Cache-Control"] == "no-store"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["X-Robots-Tag"] == "noindex, nofollow"


@pytest.mark.parametrize("length", [0, 1, TOKEN_LENGTH - 1, TOKEN_LENGTH, TOKEN_LENGTH + 1, 500])
def test_a29_every_wrong_token_is_answered_alike(shop: make.Shop, length: int):
    make.place(shop)
    pages = [
        Client().get(f"/o/{'b' * length}/") if length else Client().get("/o/x/"),
        Client().get(f"/o/{'c' * TOKEN_LENGTH}/"),
    ]
    bare = [page.content.decode().replace(page["X-Request-Id"], "") for page in pages]
    assert {page.status_code for page in pages} == {404}
    assert bare[0] == bare[1]


class Unread:
    """A body that tells whether anybody read from it."""

    was_read = False

    def read(self, _: int = -1) -> bytes:
        self.was_read = True
        return b""

    readline = read
