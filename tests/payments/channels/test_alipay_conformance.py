"""Alipay's adapter against Alipay's sandbox server: written apart, talking over real HTTP."""

import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings as keyway

from payments.channels.alipay import PAGE, QR, WAP, Alipay
from payments.channels.base import Account, Action
from tests import databases
from tests.payments.channels import alipay_world as world
from tests.payments.channels.conformance import Conformance, Stage, house
from tests.processes import Face, free_port, manage

STRANGER = ("2021000118660000", "2088102146220000")


class Browser:
    """A buyer who follows redirects and presses the cashier's buttons."""

    def come(self, action: Action) -> None:
        with urllib.request.urlopen(action.value, timeout=20):
            pass

    def pay(self, action: Action) -> None:
        self._press(action, "pay")

    def pay_with_wrong_amount(self, action: Action) -> None:
        self._press(action, "wrong_amount")

    def pay_with_wrong_signature(self, action: Action) -> None:
        self._press(action, "wrong_signature")

    def pay_and_be_told_twice(self, action: Action) -> None:
        self._press(action, "twice")

    def _press(self, action: Action, ending: str) -> None:
        with urllib.request.urlopen(action.value, timeout=20) as page:
            cashier = page.url
        form = urllib.parse.urlencode({"ending": ending}).encode()
        with urllib.request.urlopen(cashier, form, timeout=20):
            pass


@pytest.fixture(scope="module")
def sandbox(
    django_db_setup: None, tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Iterator[SimpleNamespace]:
    """The sandbox's role in a process and a database of its own, for all of this module."""
    name = databases.copy_name(f"{worker_id}_alipay")
    databases.copy(databases.template(), name)
    port, folder = free_port(), tmp_path_factory.mktemp("sandbox")
    database = urllib.parse.urlsplit(_database_url())._replace(path=f"/{name}").geturl()
    with house() as built:
        env = {
            "DATABASE_URL": database,
            "KEYWAY_URL": built.url,
            "KEYWAY_SANDBOX_URL": f"http://127.0.0.1:{port}",
        }
        face = Face("sandbox", port, env, folder / "sandbox.log")
        yield SimpleNamespace(url=face.url, pair=face.pair, env=env, folder=folder, house=built)
        face.kill()
    databases.drop(name)


@pytest.fixture(scope="module")
def accounts(sandbox: SimpleNamespace) -> tuple[Account, Account]:
    """Two merchants who have registered with the sandbox."""
    mine = _registered(sandbox, world.APP_ID, world.SELLER_ID, "app")
    return mine, _registered(sandbox, *STRANGER, "stranger")


@pytest.fixture
def stage(sandbox: SimpleNamespace, accounts: tuple[Account, Account], settings) -> Stage:
    """The stage, with an ear of its own."""
    settings.KEYWAY_OUTGOING_ALLOW = (sandbox.pair, "127.0.0.1:9")
    ear = sandbox.house.door(Alipay().acknowledge(accepted=True))
    return Stage(Alipay(), *accounts, Browser(), ear, (QR, PAGE, WAP))


def _database_url() -> str:
    place = keyway.DATABASES["default"]
    secret = f":{urllib.parse.quote(place['PASSWORD'])}" if place["PASSWORD"] else ""
    return f"postgres://{place['USER']}{secret}@{place['HOST']}:{place['PORT']}/x"


def _registered(sandbox: SimpleNamespace, app_id: str, seller_id: str, owner: str) -> Account:
    key: Path = sandbox.folder / f"{owner}.pem"
    key.write_text(world.public_pem(owner))
    done = manage(
        "sandbox_alipay_app", app_id, "--seller", seller_id, "--public-key", str(key), env=sandbox.env
    )
    assert done.returncode == 0, done.stderr
    bare = world.account(f"{sandbox.url}/gateway.do", app_id=app_id, seller_id=seller_id)
    return replace(
        bare, secrets={"private_key": world.private_pem(owner), "channel_public_key": done.stdout.strip()}
    )


class TestAlipay(Conformance):
    """Alipay does what every channel must."""
