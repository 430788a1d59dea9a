"""What never reaches a log line, whoever says it."""

import json
import logging
import uuid

import pytest
import structlog

from kernel import ids
from keyway import logs
from keyway.redaction import HIDDEN, hidden, redact
from payments.tokens import new_token

CANARY = "canary-4f1c"


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def as_json():
    logs.configure(as_json=True)
    yield
    logs.configure(as_json=False)


@pytest.mark.parametrize(
    "name",
    [
        "password", "new_password", "secret", "client_secret", "token", "notify_token", "key", "api_key",
        "Authorization", "cookie", "sign", "signature", "private_key", "email", "e-mail", "contact", "body",
        "KEYWAY_MASTER_KEYS", "card_key",
    ],
)  # fmt: skip
def test_a_value_with_a_telling_name_is_hidden(name):
    assert redact(None, "", {name: CANARY}) == {name: HIDDEN}


@pytest.mark.parametrize(
    "name", ["code", "status", "subject", "host", "monkey", "id", "event", "task", "queue"]
)
def test_a_value_with_a_plain_name_stays(name):
    assert redact(None, "", {name: "plain"}) == {name: "plain"}


def test_the_token_of_an_order_page_is_hidden():
    token = new_token()
    assert hidden(f"GET /o/{token}/live/?x=1") == f"GET /o/{HIDDEN}/live/?x=1"


def test_the_token_of_a_notice_address_is_hidden():
    token = new_token()
    assert token not in hidden(f"https://shop.example/n/{token}/")


def test_a_long_token_anywhere_in_an_address_is_hidden():
    token = new_token() + "1A"
    assert token not in hidden(f"https://shop.example/account/invitations/{token}/")


def test_a_type_id_in_an_address_stays():
    name = ids.encode("ord", ids.new())
    assert hidden(f"/m/orders/{name}/") == f"/m/orders/{name}/"


def test_a_path_of_a_file_stays():
    assert hidden('File "/srv/keyway/payments/services/a_rather_long_module_name.py"') == (
        'File "/srv/keyway/payments/services/a_rather_long_module_name.py"'
    )


@pytest.mark.parametrize(
    "text",
    [
        f"/find/?pass={CANARY}&page=2",
        f"https://api.example/pay?sign={CANARY}",
        f"Authorization: Bearer {CANARY}xxxx",
        "sk_live_" + CANARY.replace("-", "x"),
        f"postgres://keyway:{CANARY}@db.example/keyway",
        f"redis://:{CANARY}@broker.example/0",
        f"-----BEGIN PRIVATE KEY-----\n{CANARY}\n-----END PRIVATE KEY-----",
        f"-----BEGIN RSA PRIVATE KEY-----\n{CANARY}",
        f"buyer.{CANARY}@mail.example.com wrote",
    ],
)
def test_a_secret_inside_a_text_is_hidden(text):
    assert CANARY.split("-")[1] not in hidden(text)


def test_secrets_are_hidden_at_any_depth():
    said = {"facts": [{"inner": ({"password": CANARY},)}, f"mail {CANARY}@example.com"]}
    assert CANARY not in str(redact(None, "", said))


def test_bytes_are_hidden():
    assert redact(None, "", {"raw": CANARY.encode()}) == {"raw": HIDDEN}


def test_figures_and_ids_stay():
    key = uuid.uuid4()
    assert hidden({"amount": 990, "ok": True, "none": None, "id": key}) == {
        "amount": 990, "ok": True, "none": None, "id": str(key),
    }  # fmt: skip


def test_an_object_is_shown_by_its_redacted_text():
    assert CANARY not in hidden(ValueError(f"no such buyer: {CANARY}@example.com"))


def test_our_lines_are_json_with_the_requests_number(as_json, capsys):
    with structlog.contextvars.bound_contextvars(incident="ABCDEFGH12345678"):
        structlog.get_logger().info("thing.done", email=f"{CANARY}@example.com", amount=990)
    (line,) = lines(capsys.readouterr().out)
    assert (line["event"], line["incident"], line["amount"]) == ("thing.done", "ABCDEFGH12345678", 990)
    assert line["email"] == HIDDEN


def test_lines_of_libraries_are_redacted_too(as_json, capsys):
    logs.configure(as_json=True)
    logging.getLogger("some.library").warning("cannot mail %s", f"{CANARY}@example.com")
    (line,) = lines(capsys.readouterr().out)
    assert line["event"] == f"cannot mail {HIDDEN}"
    assert line["logger"] == "some.library"


def test_a_trace_shows_no_local_variable(as_json, capsys):
    def fail(password):
        raise ValueError("no")

    try:
        fail(CANARY)
    except ValueError:
        structlog.get_logger().exception("broken")
    said = capsys.readouterr().out
    assert "ValueError: no" in said
    assert CANARY not in said


def test_what_an_exception_says_is_redacted(as_json, capsys):
    try:
        raise ValueError(f"order page /o/{new_token()}/ of {CANARY}@example.com")
    except ValueError:
        structlog.get_logger().exception("broken")
    said = capsys.readouterr().out
    assert f"/o/{HIDDEN}/ of {HIDDEN}" in said


def test_in_development_a_line_is_short_text(capsys):
    logs.configure(as_json=False)
    structlog.contextvars.clear_contextvars()
    structlog.get_logger().info("thing.done", amount=990, token=CANARY)
    said = capsys.readouterr().out
    assert f"thing.done amount=990 token={HIDDEN}\n" in said
