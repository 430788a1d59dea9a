"""The servers that a command needs, running for as long as it runs."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from workshop.broker import Broker
from workshop.environment import is_set
from workshop.lease import Service, held
from workshop.postgres import DURABLE, FLEETING, Cluster


@dataclass(frozen=True)
class Household:
    """A PostgreSQL and a Redis that belong together: names of their folders, usual ports, settings."""

    prefix: str
    database_port: int
    broker_port: int
    settings: Mapping[str, str]

    def database(self) -> Cluster:
        """The PostgreSQL."""
        return Cluster(f"{self.prefix}postgres", self.database_port, self.settings)

    def broker(self) -> Broker:
        """The Redis."""
        return Broker(f"{self.prefix}redis", self.broker_port)


DEVELOPMENT = Household("", 15432, 16379, DURABLE)
TESTS = Household("test-", 15532, 16479, FLEETING)
BENCHMARKS = Household("bench-", 15632, 16579, DURABLE)


@dataclass(frozen=True)
class Running:
    """The addresses of what runs, as environment, and the embedded servers among it."""

    addresses: dict[str, str]
    embedded: tuple[Service, ...]


@contextmanager
def running(household: Household) -> Iterator[Running]:
    """The household's servers, but none where DATABASE_URL or BROKER_URL names a real one."""
    addresses: dict[str, str] = {}
    embedded: list[Service] = []
    with ExitStack() as stack:
        if not is_set("DATABASE_URL"):
            database = household.database()
            stack.enter_context(held(database))
            addresses["DATABASE_URL"] = database.url
            embedded.append(database)
        if not is_set("BROKER_URL"):
            broker = household.broker()
            stack.enter_context(held(broker))
            addresses["BROKER_URL"] = broker.url
            embedded.append(broker)
        yield Running(addresses, tuple(embedded))
