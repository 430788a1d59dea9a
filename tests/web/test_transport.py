"""The one HTTP client, over real sockets."""

import datetime
import logging
import socket
import ssl
import threading
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.web.servers import answering, dripping, hanging_up, serving, silent
from web import transport
from web.transport import Limits, Refused, TimedOut, TooLarge, Unreachable

QUICK = Limits(connect=0.3, read=0.3, total=0.5, response_bytes=1_000)


@pytest.fixture
def allow(settings):
    def add(*pairs):
        settings.KEYWAY_OUTGOING_ALLOW = pairs

    return add


def test_an_answer_brings_status_headers_and_body(allow):
    with serving(answering(b"hello", headers=b"X-Said: yes\r\n")) as server:
        allow(server.pair)
        answer = transport.send("GET", server.url)
    assert (answer.status, answer.headers["x-said"], answer.body) == (200, "yes", b"hello")


def test_a_body_and_headers_arrive_as_given(allow):
    with serving(answering()) as server:
        allow(server.pair)
        transport.send("POST", server.url, headers={"X-Key": "1"}, body=b"a=b")
    head, _, body = server.heard[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /gateway?token=canary-query HTTP/1.1\r\n")
    assert (b"X-Key: 1" in head, body) == (True, b"a=b")


def test_an_error_status_is_an_answer(allow):
    with serving(answering(b"no", status="503 Busy")) as server:
        allow(server.pair)
        assert transport.send("GET", server.url).status == 503


def test_a_redirect_is_returned_and_never_followed(allow):
    with serving(answering(b"")) as target:
        moved = b"Location: http://" + target.pair.encode() + b"/\r\n"
        with serving(answering(b"", status="302 Found", headers=moved)) as server:
            allow(server.pair, target.pair)
            answer = transport.send("GET", server.url)
    assert (answer.status, target.heard) == (302, [])


@pytest.mark.parametrize(
    "start",
    [
        b"HTTP/1.1 200 OK\r\nX-Slow: ",
        b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
    ],
    ids=["headers", "measured body", "endless body"],
)
def test_a_slow_drip_ends_at_the_total_deadline(allow, start):
    with serving(dripping(start)) as server:
        allow(server.pair)
        began = time.monotonic()
        with pytest.raises(TimedOut) as refusal:
            transport.send("GET", server.url, limits=QUICK)
    assert refusal.value.sent is True
    assert time.monotonic() - began < 2


def test_silence_ends_at_the_read_deadline_as_sent(allow):
    with serving(silent) as server:
        allow(server.pair)
        with pytest.raises(TimedOut) as refusal:
            transport.send("POST", server.url, limits=QUICK)
    assert refusal.value.sent is True


def test_a_hang_up_after_the_request_is_unreachable_and_sent(allow):
    with serving(hanging_up) as server:
        allow(server.pair)
        with pytest.raises(Unreachable) as refusal:
            transport.send("POST", server.url, limits=QUICK)
    assert refusal.value.sent is True


def test_a_body_that_breaks_off_is_no_answer(allow):
    def broken(line, over):
        line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")

    with serving(broken) as server:
        allow(server.pair)
        with pytest.raises(Unreachable):
            transport.send("GET", server.url, limits=QUICK)


def test_nonsense_is_no_answer(allow):
    with serving(lambda line, over: line.sendall(b"SSH-2.0-x\r\n")) as server:
        allow(server.pair)
        with pytest.raises(Unreachable):
            transport.send("GET", server.url, limits=QUICK)


def test_a_closed_port_is_unreachable_and_nothing_was_sent(allow):
    free = socket.create_server(("127.0.0.1", 0))
    port = free.getsockname()[1]
    free.close()
    allow(f"127.0.0.1:{port}")
    with pytest.raises(Unreachable) as refusal:
        transport.send("GET", f"http://127.0.0.1:{port}/", limits=QUICK)
    assert refusal.value.sent is False


@pytest.mark.parametrize("start", [b"Content-Length: 1001\r\n", b""], ids=["measured", "unmeasured"])
def test_an_answer_above_the_limit_is_too_large(allow, start):
    def large(line, over):
        line.sendall(b"HTTP/1.1 200 OK\r\n" + start + b"\r\n" + b"x" * 1_001)

    with serving(large) as server:
        allow(server.pair)
        with pytest.raises(TooLarge) as refusal:
            transport.send("GET", server.url, limits=QUICK)
    assert refusal.value.sent is True


def test_an_answer_of_exactly_the_limit_is_read(allow):
    with serving(answering(b"x" * 1_000)) as server:
        allow(server.pair)
        assert len(transport.send("GET", server.url, limits=QUICK).body) == 1_000


def test_a_compressed_answer_is_not_unfolded(allow):
    with serving(answering(b"\x1f\x8b", headers=b"Content-Encoding: gzip\r\n")) as server:
        allow(server.pair)
        with pytest.raises(Unreachable):
            transport.send("GET", server.url, limits=QUICK)


PRIVATE = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
    "255.255.255.255", "224.0.0.1", "::1", "::", "fd00::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::",
    "2001:0:4136:e378:8000:63bf:80ff:fffe", "not an address",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_a_name_that_leads_into_a_private_network_is_refused(allow, address):
    allow()
    with pytest.raises(Refused) as refusal:
        transport.send("GET", "https://shop.example/", resolver=lambda host, port: [address])
    assert refusal.value.sent is False


def test_one_private_address_among_public_ones_is_refused(allow):
    allow()
    with pytest.raises(Refused):
        transport.send("GET", "https://shop.example/", resolver=lambda host, port: ["93.184.216.34", "::1"])


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "localhost", "localhost.", "[::1]",
     "[::ffff:127.0.0.1]"],
)  # fmt: skip
def test_a_hidden_loopback_is_refused(allow, host):
    allow()
    with pytest.raises(Refused):
        transport.send("GET", f"https://{host}/", limits=QUICK)


@pytest.mark.parametrize(
    "url",
    ["http://8.8.8.8/", "https://8.8.8.8:22/", "https://8.8.8.8:6379/", "https://me@8.8.8.8/", "file:///etc/passwd",
     "gopher://8.8.8.8/", "https://8.8.8.8/#f", "https:///x", "//8.8.8.8/", "https://8.8.8.8\\@127.0.0.1/",
     "https://8.8.8.8/\r\nHost: x", "https://8.8.8.8/ x", "https://商店.example/", "https://8.8.8.8:99999/",
     "https://[::1/", "https://8.8.8.8/" + "x" * 2_000],
)  # fmt: skip
def test_an_address_that_is_no_plain_https_is_refused(allow, url):
    allow()
    with pytest.raises(Refused):
        transport.send("GET", url, limits=QUICK)


def test_the_allow_list_trusts_a_pair_and_not_its_host(allow):
    with serving(answering()) as server:
        allow("127.0.0.1:1")
        with pytest.raises(Refused):
            transport.send("GET", server.url)
    assert server.heard == []


def test_another_name_for_an_allowed_address_is_refused(allow):
    with serving(answering()) as server:
        allow(server.pair)
        with pytest.raises(Refused):
            transport.send(
                "GET", f"https://evil.example:{server.port}/", resolver=lambda host, port: ["127.0.0.1"]
            )
    assert server.heard == []


def test_a_name_is_resolved_once_so_that_rebinding_gains_nothing(allow):
    answers = [["127.0.0.1"], ["127.0.0.2"]]
    asked = []

    def rebinding(host, port):
        asked.append(host)
        return answers[len(asked) - 1]

    with serving(answering()) as server:
        allow(f"shop.example:{server.port}")
        transport.send("GET", f"http://shop.example:{server.port}/", resolver=rebinding)
    assert asked == ["shop.example"]
    assert f"Host: shop.example:{server.port}".encode() in server.heard[0]


def test_a_resolver_that_hangs_ends_at_the_deadline(allow):
    over = threading.Event()

    def hanging(host, port):
        over.wait(10)
        return []

    with pytest.raises(TimedOut) as refusal:
        transport.send("GET", "https://shop.example/", limits=QUICK, resolver=hanging)
    over.set()
    assert refusal.value.sent is False


def test_a_name_without_an_address_is_unreachable(allow):
    def nowhere(host, port):
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.raises(Unreachable) as refusal:
        transport.send("GET", "https://shop.example/", resolver=nowhere)
    assert refusal.value.sent is False


def test_the_next_address_is_tried_when_the_first_takes_no_connection(allow):
    with serving(answering()) as server:
        allow(f"shop.example:{server.port}")
        answer = transport.send(
            "GET",
            f"http://shop.example:{server.port}/",
            resolver=lambda host, port: ["127.0.0.9", "127.0.0.1"],
        )
    assert answer.status == 200


def test_no_log_line_holds_a_path_a_query_a_header_or_a_body(allow, caplog, capsys):
    caplog.set_level(logging.DEBUG)
    with serving(answering(b"canary-answer")) as server:
        allow(server.pair)
        transport.send("POST", server.url, headers={"X-Key": "canary-header"}, body=b"canary-body")
    said = caplog.text + "".join(capsys.readouterr())
    assert ("outgoing.answered" in said, "canary" in said) == (True, False)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for shop.example, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "shop.example")])
    today = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("shop.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "shop.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def tls(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def _https(server, host, certificate):
    return transport.send(
        "GET",
        f"https://{host}:{server.port}/",
        limits=QUICK,
        resolver=lambda host, port: ["127.0.0.1"],
        trust=ssl.create_default_context(cafile=str(certificate)) if certificate else None,
    )


def test_the_certificate_is_checked_against_the_original_name(allow, tls, certificate):
    with serving(answering(), tls=tls) as server:
        allow(f"shop.example:{server.port}")
        assert _https(server, "shop.example", certificate).status == 200


def test_a_certificate_of_another_name_is_unreachable_and_nothing_was_sent(allow, tls, certificate):
    with serving(answering(), tls=tls) as server:
        allow(f"other.example:{server.port}")
        with pytest.raises(Unreachable) as refusal:
            _https(server, "other.example", certificate)
    assert (refusal.value.sent, server.heard) == (False, [])


def test_an_unknown_authority_is_unreachable(allow, tls):
    with serving(answering(), tls=tls) as server:
        allow(f"shop.example:{server.port}")
        with pytest.raises(Unreachable):
            _https(server, "shop.example", None)


def test_a_handshake_that_hangs_is_timed_out_and_nothing_was_sent(allow, certificate):
    with serving(silent) as server:
        allow(f"shop.example:{server.port}")
        with pytest.raises(TimedOut) as refusal:
            _https(server, "shop.example", certificate)
    assert refusal.value.sent is False
