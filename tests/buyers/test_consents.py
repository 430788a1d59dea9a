"""What was agreed to is kept word by word, ends once, and is never rewritten."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from buyers import consents, keys
from buyers.errors import UnknownKind
from buyers.models import Consent, ConsentText
from kernel import clock, ids
from kernel.errors import said

pytestmark = pytest.mark.django_db

RENEWAL = consents.declare(
    consents.Kind("test.renewal", 1, said("Payment"), "We charge {price} a month until you end it.")
)
KEY = b"the key of a bai"
SUBJECT = ("subscription", ids.new())


def agree(price: str = "¥9.00", **changes: Any) -> Consent:
    facts = {"key": KEY, "subject": SUBJECT, "at": clock.now()} | changes
    return consents.agree(facts["key"], RENEWAL.name, "en", {"price": price}, facts["subject"], facts["at"])


def refused(change: Any) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        change()


def test_the_words_are_kept_as_they_were_shown():
    assert agree().text.text == consents.wording(RENEWAL.name, "en", {"price": "¥9.00"})
    assert agree().text.text == "We charge ¥9.00 a month until you end it."


def test_the_same_words_again_change_nothing():
    assert agree() == agree(at=clock.now() + timedelta(days=1))
    assert Consent.objects.count() == ConsentText.objects.count() == 1


def test_other_words_end_the_earlier_consent():
    first, second = agree(), agree("¥12.00")
    first.refresh_from_db()
    assert first.ended_at == second.at
    assert second.ended_at is None


def test_two_buyers_share_the_words_and_not_the_consent():
    agree()
    agree(key=b"the key of ding.")
    assert (Consent.objects.count(), ConsentText.objects.count()) == (2, 1)


def test_a_consent_ends_once():
    given = agree()
    assert consents.end(given, at=clock.now())
    ended_at = Consent.objects.get().ended_at
    assert not consents.end(given, at=clock.now() + timedelta(hours=1))
    assert Consent.objects.get().ended_at == ended_at


def test_what_was_ended_can_be_agreed_to_anew():
    consents.end(agree(), at=clock.now())
    assert agree().ended_at is None
    assert Consent.objects.count() == 2


def test_consents_are_found_by_the_address_whatever_its_spelling():
    given = agree(key=keys.email_key("bai@example.com"))
    assert list(consents.of(keys.email_key(" Bai@Example.com "))) == [given]
    assert list(consents.of(keys.email_key("bay@example.com"))) == []


def test_consents_are_found_by_what_they_are_for():
    given = agree()
    agree(subject=("subscription", ids.new()))
    assert list(consents.of_subject("subscription", [SUBJECT[1]])) == [given]


def test_words_that_nobody_declared_cannot_be_agreed_to():
    with pytest.raises(UnknownKind):
        consents.agree(KEY, "test.nothing", "en", {}, SUBJECT, clock.now())


def test_a_name_has_one_text():
    with pytest.raises(ValueError, match=r"test\.renewal"):
        consents.declare(consents.Kind(RENEWAL.name, 1, "Payment", "Other words."))


@pytest.mark.parametrize("change", [{"text": "We charge nothing."}, {"version": 2}, {"language": "zh-hans"}])
def test_the_database_keeps_the_words(change: dict[str, Any]):
    agree()
    refused(lambda: ConsentText.objects.update(**change))
    refused(lambda: ConsentText.objects.all().delete())


@pytest.mark.parametrize("change", ["buyer_key", "subject_id", "at", "kind"])
def test_the_database_keeps_who_agreed_to_what_and_when(change: str):
    given = agree()
    other = {"buyer_key": b"x" * 16, "subject_id": ids.new(), "at": given.at - timedelta(1), "kind": "x"}
    refused(lambda: Consent.objects.update(**{change: other[change]}))


def test_the_database_lets_no_end_be_taken_back_and_no_consent_vanish():
    consents.end(agree(), at=clock.now())
    refused(lambda: Consent.objects.update(ended_at=None))
    refused(lambda: Consent.objects.filter().delete())


def test_the_database_takes_no_words_under_anothers_digest():
    agree()
    kept = ConsentText.objects.get()
    kept.pk, kept.text = ids.new(), "Other words."
    refused(lambda: kept.save(force_insert=True))


def test_the_database_lets_no_consent_name_words_of_another_kind():
    text = agree().text
    refused(
        lambda: Consent.objects.create(
            buyer_key=KEY,
            kind="test.other",
            text=text,
            subject_type="x",
            subject_id=ids.new(),
            at=clock.now(),
        )
    )
