"""A gateway of Alipay that says what a test tells it to, and the sandbox as it runs."""

from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import pytest
from django.conf import settings as keyway

from payments.channels.base import Account
from tests import databases
from tests.payments.channels import alipay_world as world
from tests.payments.channels.conformance import house
from tests.payments.channels.stages import Sandbox
from tests.processes import Face, free_port


@pytest.fixture
def gateway(settings) -> Iterator[world.Gateway]:
    with world.gateway() as opened:
        settings.KEYWAY_OUTGOING_ALLOW = (urlsplit(opened.url).netloc,)
        yield opened


@pytest.fixture
def account(gateway) -> Account:
    return world.account(gateway.url)


@pytest.fixture(scope="module")
def sandbox(
    django_db_setup: None, tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Iterator[Sandbox]:
    """The sandbox's role in a process and a database of its own, for all of a module."""
    name = databases.copy_name(f"{worker_id}_channels")
    databases.copy(databases.template(), name)
    port, folder = free_port(), tmp_path_factory.mktemp("sandbox")
    database = urlsplit(_database_url())._replace(path=f"/{name}").geturl()
    with house() as built:
        env = {
            "DATABASE_URL": database,
            "KEYWAY_URL": built.url,
            "KEYWAY_SANDBOX_URL": f"http://127.0.0.1:{port}",
        }
        face = Face("sandbox", port, env, folder / "sandbox.log")
        yield Sandbox(face.url, face.pair, env, folder, built)
        face.kill()
    databases.drop(name)


def _database_url() -> str:
    place = keyway.DATABASES["default"]
    secret = f":{quote(place['PASSWORD'])}" if place["PASSWORD"] else ""
    return f"postgres://{place['USER']}{secret}@{place['HOST']}:{place['PORT']}/x"
