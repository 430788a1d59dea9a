"""Rotation: a new master key wraps the old data keys again; an owner gets a new data key.

Both go in small committed batches and take up where they were interrupted. What is sealed stays as it is:
every version of a data key opens what it sealed. To change a master key: put the new one first in
`KEYWAY_MASTER_KEYS` of every process, rewrap, and take the old one away once `wrapped_by` has none for it.
"""

import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Max, QuerySet

from vault import keyrings, masters
from vault.models import DataKey, Use

BATCH = 500


class Wrapped(NamedTuple):
    """How many data keys one master key wraps."""

    master: int
    keys: int


def wrapped_by() -> list[Wrapped]:
    """How many data keys each master key wraps."""
    rows = DataKey.objects.values_list("master").annotate(Count("id")).order_by("master")
    return [Wrapped(master, keys) for master, keys in rows]


def left_to_rewrap() -> int:
    """How many data keys another than the first master key wraps."""
    return DataKey.objects.exclude(master=masters.configured().primary).count()


def rewrap(*, batch: int = BATCH) -> Iterator[int]:
    """Wrap every data key under the first master key. Yields how many were done, after each commit."""
    while done := _rewrap_some(batch):
        yield done
    keyrings.forget()


@transaction.atomic
def _rewrap_some(batch: int) -> int:
    configured = masters.configured()
    stale = DataKey.objects.exclude(master=configured.primary).order_by("id")
    keys = list(stale.select_for_update(no_key=True)[:batch])
    for key in keys:
        label = keyrings.label(key.owner, key.use, key.version)
        plain = configured.unwrap(bytes(key.wrapped), master=key.master, label=label)
        key.wrapped, key.master = configured.wrap(plain, label=label), configured.primary
    DataKey.objects.bulk_update(keys, ["wrapped", "master"])
    return len(keys)


def left_to_renew(older_than: datetime) -> int:
    """How many owners seal under a data key made before `older_than`."""
    return _due(older_than).count()


def renew(older_than: datetime, *, batch: int = BATCH) -> Iterator[int]:
    """Give a new data key to every owner whose newest was made before `older_than`. Yields as `rewrap`."""
    # By ascending owner, so that nobody is renewed twice whatever the clocks of two machines say.
    due = _due(older_than)
    while newest := list(due[:batch]):
        _renew(newest)
        yield len(newest)
        due = _due(older_than).filter(owner__gt=newest[-1][0])
    keyrings.forget()


def _due(older_than: datetime) -> QuerySet[DataKey, tuple[UUID, int]]:
    sealing = DataKey.objects.filter(use=Use.SEALING).values_list("owner")
    newest = sealing.annotate(newest=Max("version"), made=Max("created_at")).filter(made__lt=older_than)
    return newest.order_by("owner").values_list("owner", "newest")


def _renew(newest: Iterable[tuple[UUID, int]]) -> None:
    configured = masters.configured()
    keys = []
    for owner, version in newest:
        label = keyrings.label(owner, Use.SEALING, version + 1)
        wrapped = configured.wrap(os.urandom(masters.KEY_BYTES), label=label)
        keys.append(
            DataKey(
                owner=owner, use=Use.SEALING, version=version + 1, master=configured.primary, wrapped=wrapped
            )
        )
    # Two rotations at once make the same next version; one of them is enough.
    DataKey.objects.bulk_create(keys, ignore_conflicts=True)
