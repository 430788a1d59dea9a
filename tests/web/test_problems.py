"""A refusal as a person and as a program read it."""

import pytest
from django.test import Client

pytestmark = pytest.mark.urls("tests.web.urls")
PROGRAM = {"Accept": "application/json"}
PERSON = {"Accept": "text/html,application/xhtml+xml", "Accept-Language": "en"}


@pytest.fixture
def client():
    return Client(raise_request_exception=False)


def test_a_program_gets_problem_json_with_code_and_status(client):
    answer = client.get("/refuse/", headers=PROGRAM | {"Accept-Language": "en"})
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json() == {
        "type": "urn:keyway:problem:test.too_many",
        "title": "Wait 7 seconds, then pay CN¥1.00.",
        "status": 429,
        "detail": "Nothing was changed. Please try again.",
        "code": "test.too_many",
        "instance": f"urn:keyway:incident:{answer['X-Request-Id']}",
    }


def test_a_person_gets_a_page_with_the_incident_number(client):
    answer = client.get("/refuse/", headers=PERSON)
    assert "text/html" in answer["Content-Type"]
    assert answer["X-Request-Id"] in answer.content.decode()


def test_the_page_speaks_the_persons_language(client):
    answer = client.get("/nowhere/", headers=PERSON | {"Accept-Language": "zh-CN,zh;q=0.9"})
    assert 'lang="zh-CN"' in answer.content.decode()


def test_a_limit_says_when_to_come_back(client):
    assert client.get("/refuse/")["Retry-After"] == "7"


def test_facts_that_the_sentence_does_not_name_stay_inside(client):
    shown = client.get("/refuse/", headers=PROGRAM).content + client.get("/refuse/", headers=PERSON).content
    assert b"canary" not in shown


def test_a_refusal_is_never_stored(client):
    assert client.get("/refuse/")["Cache-Control"] == "no-store"


def test_an_unknown_address_is_a_page_of_ours(client):
    answer = client.get("/nowhere/", headers=PERSON)
    assert (answer.status_code, "There is nothing here." in answer.content.decode()) == (404, True)


def test_the_switches_of_an_error_page_repeat_nothing_of_the_query(client):
    shown = client.get("/nowhere/?pass=secret&next=//evil.example/&lang=en", headers=PERSON).content.decode()
    assert 'href="?lang=zh"' in shown
    assert "secret" not in shown
    assert "evil" not in shown


def test_a_break_down_shows_a_number_and_no_detail(client):
    answer = client.get("/break/", headers=PERSON)
    assert answer.status_code == 500
    assert answer["X-Request-Id"].encode() in answer.content
    assert b"canary-detail" not in answer.content


def test_the_log_ties_a_break_down_to_its_number(client, capsys):
    answer = client.get("/break/", headers=PERSON)
    assert answer["X-Request-Id"] in capsys.readouterr().out


def test_a_foreign_host_gets_a_plain_sentence_and_no_number(client):
    answer = client.get("/answer/", headers=PERSON | {"Host": "evil.example"})
    assert answer.status_code == 400
    assert answer.content == b"This server does not answer under that name."


def test_a_form_without_its_token_is_forbidden_and_says_that_nothing_was_charged():
    answer = Client(enforce_csrf_checks=True).post("/answer/", headers=PERSON)
    assert answer.status_code == 403
    assert "nothing was charged" in answer.content.decode()
