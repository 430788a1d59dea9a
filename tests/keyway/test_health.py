"""What probes are told."""

import pytest
from django.db import connection


def test_a_living_process_says_so_without_a_database(client):
    answer = client.get("/healthz", headers={"Host": "10.0.0.7"})
    assert (answer.status_code, answer.content) == (200, b"alive\n")


@pytest.mark.django_db
def test_a_process_with_a_database_is_ready(client):
    assert client.get("/readyz").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_process_without_its_database_is_not_ready(client):
    port = connection.settings_dict["PORT"]
    connection.close()
    connection.settings_dict["PORT"] = 1
    try:
        answer = client.get("/readyz")
    finally:
        connection.close()
        connection.settings_dict["PORT"] = port
    assert (answer.status_code, answer.content) == (503, b"no database\n")
