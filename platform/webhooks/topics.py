"""The catalogue of public events: which topics leave the house, and what their `data` holds.

An app publishes its topics where it defines them, in `<app>/events.py`. What is not published here is never
sent, and of a published event only the named facts are: a new fact in a payload stays inside until somebody
writes it down in the catalogue.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from django.utils.module_loading import autodiscover_modules

from kernel.errors import said

PING = "webhook.ping"
EVERYTHING = "*"


@dataclass(frozen=True, slots=True)
class Topic:
    """One kind of event. `facts` says of each part of `data` what it is; `sentence` when the event comes."""

    name: str
    sentence: str
    facts: Mapping[str, str]

    @property
    def family(self) -> str:
        """What it is about: `order` of `order.paid`."""
        return self.name.partition(".")[0]


_catalogue: dict[str, Topic] = {}


def publish(*topics: Topic) -> None:
    """Add topics to the catalogue. A name is published once."""
    for topic in topics:
        if topic.name in _catalogue:
            raise ValueError(f"The topic {topic.name!r} is published already.")
        _catalogue[topic.name] = topic


@lru_cache(maxsize=1)
def public() -> Mapping[str, Topic]:
    """The catalogue, by name, complete: every app's `events.py` was read."""
    autodiscover_modules("events")
    return dict(sorted(_catalogue.items()))


def offered() -> list[Topic]:
    """What an endpoint may ask for: all but the test event, which comes to whom it is sent."""
    return [topic for topic in public().values() if topic.name != PING]


def patterns_of(name: str) -> list[str]:
    """The filters that let this topic through: itself, its family (`order.*`), everything (`*`)."""
    return [name, f"{name.partition('.')[0]}.*", EVERYTHING]


def is_filter(text: str) -> bool:
    """Whether an endpoint may have this filter."""
    return any(text in patterns_of(topic.name) for topic in offered())


publish(
    Topic(
        PING,
        said("Somebody pressed “Send a test event”."),
        {"endpoint": said("The endpoint it was sent to.")},
    )
)
