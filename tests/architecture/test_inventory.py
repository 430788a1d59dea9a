"""Every field that could hold something about a person, or a secret, is classed."""

from django.apps import apps
from django.db import models

from keyway.inventory import HELD, NOBODYS, Rest

TELLING = (
    models.CharField,
    models.TextField,
    models.BinaryField,
    models.JSONField,
    models.GenericIPAddressField,
    models.FileField,
)
OURS = {
    "vault",
    "audit",
    "buyers",
    "outbox",
    "ledger",
    "merchants",
    "risk",
    "settlement",
    "payments",
    "subscriptions",
    "web",
    "webhooks",
}


def telling_fields():
    for model in apps.get_models():
        if model._meta.app_label in OURS:
            for field in model._meta.concrete_fields:
                if isinstance(field, TELLING) and not field.choices:
                    yield f"{model._meta.label}.{field.name}", field


def classed():
    nobodys = {f"{model}.{name}" for model, names in NOBODYS.items() for name in names.split()}
    return set(HELD) | nobodys


def test_no_field_is_forgotten():
    assert {name for name, _ in telling_fields()} - classed() == set()


def test_no_field_is_classed_that_is_gone():
    assert classed() - {name for name, _ in telling_fields()} == set()


def test_what_is_sealed_or_keyed_is_bytes():
    fields = dict(telling_fields())
    sealed = [name for name, held in HELD.items() if held.rest in {Rest.SEALED, Rest.FINGERPRINT}]
    assert [name for name in sealed if not isinstance(fields[name], models.BinaryField)] == []
