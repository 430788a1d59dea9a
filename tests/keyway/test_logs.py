"""What the log says of things that the world does to us all day."""

import json

import pytest
from django.test import Client

from keyway import logs


@pytest.fixture
def as_json():
    yield lambda: logs.configure(as_json=True)
    logs.configure(as_json=False)


def test_a_foreign_host_is_one_short_line_without_a_trace(as_json, capsys):
    as_json()  # writes to the output as it is now
    Client().get("/", headers={"Host": "evil.example" + "x" * 5000})
    (line,) = capsys.readouterr().out.splitlines()
    said = json.loads(line)
    assert (said["logger"], "exception" in said) == ("django.security.DisallowedHost", False)
    assert said["event"].startswith("Invalid HTTP_HOST header: 'evil.example")
    assert len(said["event"]) == 200
