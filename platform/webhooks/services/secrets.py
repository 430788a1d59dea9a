"""Signing secrets: made here, shown once, rolled with an overlap."""

from datetime import datetime, timedelta

from django.db import transaction

import audit
import vault
from kernel import clock, ids
from kernel.actors import Actor

from .. import signatures
from ..models import Endpoint, Secret, SecretPlace

CONTEXT = "webhooks.secret"
OVERLAP = timedelta(hours=24)
"""How long the former secret signs beside the new one, unless the merchant wants it gone at once."""


def first(endpoint: Endpoint, *, now: datetime) -> str:
    """The secret of a new endpoint, to be shown once."""
    return _make(endpoint, now)


def roll(endpoint: Endpoint, *, overlap: timedelta = OVERLAP, actor: Actor) -> str:
    """A new secret, to be shown once; the one before signs on for `overlap`, one before that no longer."""
    now = clock.now()
    with transaction.atomic():
        Endpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)
        Secret.objects.filter(endpoint=endpoint, place=SecretPlace.FORMER).delete()
        current = Secret.objects.filter(endpoint=endpoint, place=SecretPlace.CURRENT)
        if overlap > timedelta():
            current.update(place=SecretPlace.FORMER, expires_at=now + overlap)
        else:
            current.delete()
        secret = _make(endpoint, now)
        facts = {"overlap_seconds": int(overlap.total_seconds())}
        subject = ("webhook_endpoint", endpoint.pk)
        audit.record(actor, "webhook.secret_rolled", subject, merchant_id=endpoint.merchant_id, facts=facts)
    return secret


def _make(endpoint: Endpoint, now: datetime) -> str:
    secret, row = signatures.new_secret(), ids.new()
    Secret.objects.create(
        id=row,
        endpoint=endpoint,
        place=SecretPlace.CURRENT,
        sealed=vault.seal(endpoint.merchant_id, secret, context=CONTEXT, row=row),
        created_at=now,
    )
    return secret
