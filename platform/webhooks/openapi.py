"""The catalogue of events in the API's documents: one webhook a type, and what its `data` holds."""

from typing import Any

from . import topics
from .topics import Topic


def catalogue(result: dict[str, Any], generator: Any, **_: Any) -> dict[str, Any]:  # noqa: ARG001 - the hook's
    """Behind what all events have in common, each of them by its name."""
    if "event" in result.get("webhooks", {}):
        result["webhooks"] |= {topic.name: {"post": _told(topic)} for topic in topics.offered()}
    return result


def _told(topic: Topic) -> dict[str, Any]:
    facts = {name: {"description": text} for name, text in topic.facts.items()}
    own = {"type": {"const": topic.name}, "data": {"type": "object", "properties": facts}}
    schema = {"allOf": [{"$ref": "#/components/schemas/Event"}, {"type": "object", "properties": own}]}
    return {
        "summary": topic.sentence,
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {"204": {"description": "Taken."}},
    }
