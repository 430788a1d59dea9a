"""Who is at the other end of the line."""

import pytest

from web import hops


@pytest.fixture
def proxies(settings):
    settings.KEYWAY_TRUSTED_PROXIES = ("10.0.0.0/8", "::1")
    settings.KEYWAY_FORWARDED = "x-forwarded-for"


@pytest.fixture
def standard(settings, proxies):
    settings.KEYWAY_FORWARDED = "forwarded"


def _settled(peer, forwarded=None):
    meta = {"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_PROTO": "https"}
    if forwarded is not None:
        meta["HTTP_X_FORWARDED_FOR"] = forwarded
    hops.settle(meta)
    return meta


def test_a_stranger_who_claims_an_address_keeps_his_own(proxies):
    assert _settled("203.0.113.9", "198.51.100.1")["REMOTE_ADDR"] == "203.0.113.9"


def test_what_a_stranger_claims_is_dropped(proxies):
    assert set(_settled("203.0.113.9", "198.51.100.1")) == {"REMOTE_ADDR"}


def test_the_trusted_hop_names_the_client(proxies):
    assert _settled("10.0.0.1", "198.51.100.1")["REMOTE_ADDR"] == "198.51.100.1"


def test_the_scheme_that_the_trusted_hop_names_stays(proxies):
    assert _settled("10.0.0.1", "198.51.100.1")["HTTP_X_FORWARDED_PROTO"] == "https"


def test_what_the_client_put_before_the_hops_own_entry_does_not_count(proxies):
    assert _settled("10.0.0.1", "1.1.1.1, 198.51.100.1, 10.0.0.2")["REMOTE_ADDR"] == "198.51.100.1"


def test_nonsense_in_the_chain_ends_the_reading(proxies):
    assert _settled("10.0.0.1", "198.51.100.1, <script>, 10.0.0.2")["REMOTE_ADDR"] == "10.0.0.2"


def test_a_hop_that_names_nobody_is_the_client(proxies):
    assert _settled("::1")["REMOTE_ADDR"] == "::1"


@pytest.mark.parametrize(
    ("header", "client"),
    [
        ("for=198.51.100.1", "198.51.100.1"),
        ("For=198.51.100.1:4711;proto=https;by=10.0.0.1", "198.51.100.1"),
        ('for="[2001:db8::7]:4711"', "2001:db8::7"),
        ('for="[198.51.100.1]"', "198.51.100.1"),
        ("for=1.1.1.1, for=198.51.100.1;proto=https, for=10.0.0.2;proto=http", "198.51.100.1"),
        ('for="1.1.1.1, for=198.51.100.1', "198.51.100.1"),
        ("for=198.51.100.1, for=unknown", "10.0.0.1"),
        ("for=198.51.100.1, nonsense", "10.0.0.1"),
        ("for=198.51.100.1, for=_hidden, for=10.0.0.2", "10.0.0.2"),
        ("proto=https", "10.0.0.1"),
        ("", "10.0.0.1"),
    ],
)
def test_the_standard_header_names_the_client(standard, header, client):
    meta = {"REMOTE_ADDR": "10.0.0.1", "HTTP_FORWARDED": header, "HTTP_X_FORWARDED_FOR": "9.9.9.9"}
    hops.settle(meta)
    assert meta["REMOTE_ADDR"] == client


def test_the_scheme_is_that_of_the_outermost_hop_of_ours(standard):
    meta = {
        "REMOTE_ADDR": "10.0.0.1",
        "HTTP_FORWARDED": "for=198.51.100.1;proto=https, for=10.0.0.2;proto=http",
    }
    hops.settle(meta)
    assert meta["HTTP_X_FORWARDED_PROTO"] == "https"


def test_a_stranger_who_writes_the_standard_header_keeps_his_own_address(standard):
    meta = {"REMOTE_ADDR": "203.0.113.9", "HTTP_FORWARDED": "for=198.51.100.1;proto=https"}
    hops.settle(meta)
    assert meta == {"REMOTE_ADDR": "203.0.113.9"}


def test_without_trusted_proxies_nobody_is_believed(settings):
    settings.KEYWAY_TRUSTED_PROXIES = ()
    assert _settled("127.0.0.1", "198.51.100.1")["REMOTE_ADDR"] == "127.0.0.1"
