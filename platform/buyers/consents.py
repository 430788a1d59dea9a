"""What buyers agreed to, word by word.

Who needs a consent declares its text once, when the module is imported; shows `wording`; and keeps what was
agreed to with `agree`, in the transaction of what it allows. Other words need another version.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext

from kernel import clock

from .errors import UnknownKind
from .models import Consent, ConsentText

Subject = tuple[str, UUID]
Consents = QuerySet[Consent]


@dataclass(frozen=True, slots=True)
class Kind:
    """Something to agree to. `label` names it, `text` has `{named}` places; both are marked (`said`).

    `ends` ends what the consent allows (a mandate), and the consent with it, when the buyer takes it back on
    the page of consents; without it, it can be taken back elsewhere only.
    """

    name: str
    version: int
    label: str
    text: str
    ends: Callable[[Consent, datetime], None] | None = None


_kinds: dict[str, Kind] = {}


def declare(kind: Kind) -> Kind:
    """Make a kind known. Once a name; a later declaration of another text is a mistake."""
    if _kinds.setdefault(kind.name, kind) != kind:
        raise ValueError(f"two texts are declared as {kind.name!r}")
    return kind


def label(name: str) -> str:
    """What a kind is called, in the reader's language; its name where it is no longer declared."""
    kind = _kinds.get(name)
    return gettext(kind.label) if kind else name


def wording(name: str, language: str, params: Mapping[str, object]) -> str:
    """The words to show, and those that `agree` will keep for the same parameters."""
    with translation.override(language):
        return gettext(_find(name).text).format_map(params)


def agree(
    buyer_key: bytes, name: str, language: str, params: Mapping[str, object], subject: Subject, at: datetime
) -> Consent:
    """Keep that the owner of an address agreed to these words for `subject` at `at`.

    The same words again change nothing; other words for the same subject end the earlier consent. `params`
    name goods, prices and dates, never a person: the words stay when the person is forgotten.
    """
    text = _text(_find(name), language, wording(name, language, params))
    facts = {"buyer_key": buyer_key, "kind": name, "subject_type": subject[0], "subject_id": subject[1]}
    with transaction.atomic():
        standing = Consent.objects.select_for_update(no_key=True).filter(**facts, ended_at=None).first()
        if standing is not None:
            if standing.text_id == text.id:
                return standing
            end(standing, at=at)
        # Two forms at once make one: the second finds what the first has kept.
        Consent.objects.bulk_create([Consent(**facts, text=text, at=at)], ignore_conflicts=True)
        return Consent.objects.get(**facts, ended_at=None)


def end(consent: Consent, *, at: datetime) -> bool:
    """End a consent; whether it was still in force. The row stays, with both times."""
    moment = max(at, consent.at)
    ended = Consent.objects.filter(pk=consent.pk, ended_at=None).update(ended_at=moment)
    if ended:
        consent.ended_at = moment
    return bool(ended)


def may_end(consent: Consent) -> bool:
    """Whether its buyer may take it back where consents are listed."""
    kind = _kinds.get(consent.kind)
    return consent.ended_at is None and kind is not None and kind.ends is not None


def take_back(consent: Consent, *, at: datetime) -> None:
    """End what a consent allows and the consent itself, as its kind says."""
    kind = _find(consent.kind)
    if kind.ends is not None:
        kind.ends(consent, at)
    end(consent, at=at)


def of(*buyer_keys: bytes) -> Consents:
    """The consents of these addresses with their texts, the latest first."""
    return Consent.objects.filter(buyer_key__in=buyer_keys).select_related("text").order_by("-id")


def of_subject(kind: str, subject_ids: Collection[UUID]) -> Consents:
    """The consents that were given for these things, the latest first."""
    mine = Consent.objects.filter(subject_type=kind, subject_id__in=subject_ids)
    return mine.select_related("text").order_by("-id")


def _find(name: str) -> Kind:
    if name not in _kinds:
        raise UnknownKind(kind=name)
    return _kinds[name]


def _text(kind: Kind, language: str, words: str) -> ConsentText:
    text, _ = ConsentText.objects.get_or_create(
        kind=kind.name,
        version=kind.version,
        language=language,
        sha256=hashlib.sha256(words.encode()).digest(),
        defaults={"text": words, "created_at": clock.now()},
    )
    return text
