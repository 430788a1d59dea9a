"""The role as it runs: its own process on its own port, which loses nothing when it is killed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from payments.sandbox.models import Notice
from tests.payments.sandbox.ear import Ear
from tests.payments.sandbox.shop import Shop, Wire
from tests.processes import Face, free_port


class Role:
    """The sandbox's process, which may be killed and started again at the same place."""

    def __init__(self, database_url: str, ear: Ear, log: Path) -> None:
        self._port, self._log = free_port(), log
        self._env = {
            "DATABASE_URL": database_url,
            "KEYWAY_URL": f"http://{ear.pair}",
            "KEYWAY_SANDBOX_URL": f"http://127.0.0.1:{self._port}",
        }
        self.start()

    def start(self) -> None:
        self.face = Face("sandbox", self._port, self._env, self._log)


@pytest.fixture
def role(database_url: str, ear: Ear, tmp_path: Path) -> Iterator[Role]:
    """The running role, whose merchant is the ear."""
    running = Role(database_url, ear, tmp_path / "sandbox.log")
    yield running
    running.face.kill()


def test_a_payment_is_told_without_anybody_asking(role: Role, ear: Ear):
    shop = Shop(Wire(role.face.url))
    number, cashier = shop.precreate(notify_url=ear.url)
    shop.pay(cashier)
    ear.wait_for(2)
    assert {told["trade_status"] for told in ear.heard} == {"WAIT_BUYER_PAY", "TRADE_SUCCESS"}
    assert shop.query(number)["trade_status"] == "TRADE_SUCCESS"
    assert cashier.startswith(role.face.url)


def test_what_was_due_when_it_was_killed_is_told_by_the_next(role: Role, ear: Ear):
    shop = Shop(Wire(role.face.url))
    _, link = shop.page(notify_url=ear.url)
    shop.pay(shop.url + shop.fetch(link).headers["Location"], "late", seconds="600")
    role.face.kill()
    Notice.objects.update(due_at=Notice.objects.get().created_at)
    assert ear.heard == []
    role.start()
    ear.wait_for(1)
    assert shop.verifies(ear.heard[0])


def test_absent_buyers_come_by_themselves(role: Role, ear: Ear):
    shop = Shop(Wire(role.face.url), magic=True)
    shop.precreate("10.00", notify_url=ear.url)
    ear.wait_for(2)
    assert {told["trade_status"] for told in ear.heard} == {"WAIT_BUYER_PAY", "TRADE_SUCCESS"}


def test_it_shows_nothing_of_keyways_own_faces(role: Role):
    wire = Wire(role.face.url)
    assert wire.fetch(f"{wire.url}/ops/").status == 404
    assert wire.fetch(f"{wire.url}/static/sandbox/sandbox.css").status == 200
