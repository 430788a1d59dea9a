"""Exchange rates: fetched from a real server, kept once, and never believed blindly."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from settlement.models import ExchangeRate
from settlement.services import rates
from settlement.services.rates import RatesUnreadable
from settlement.tasks import update_rates
from tests.factories.merchants import UserFactory
from tests.merchants.people import signed_in
from tests.web.servers import answering, serving

pytestmark = pytest.mark.django_db


def file(day: str = "2026-11-19", **of: str) -> bytes:
    """The bank's file, as it publishes it."""
    cubes = "".join(f"<Cube currency='{currency}' rate='{rate}'/>" for currency, rate in of.items())
    return (
        "<?xml version='1.0' encoding='UTF-8'?><gesmes:Envelope"
        " xmlns:gesmes='http://www.gesmes.org/xml/2002-08-01'"
        " xmlns='http://www.ecb.int/vocabulary/2002-08-01/eurofxref'><gesmes:subject>Reference rates"
        f"</gesmes:subject><Cube><Cube time='{day}'>{cubes}</Cube></Cube></gesmes:Envelope>"
    ).encode()


def fetch(settings, body: bytes, status: str = "200 OK") -> int:
    with serving(answering(body, status=status)) as server:
        settings.KEYWAY_OUTGOING_ALLOW = (server.pair,)
        settings.KEYWAY_RATES_URL = server.url
        return update_rates()


def kept() -> list[tuple[date, str, Decimal]]:
    return list(ExchangeRate.objects.order_by("day", "currency").values_list("day", "currency", "per_euro"))


def test_a_days_rates_are_fetched_and_kept_once(settings):
    today = file(USD="1.0823", CNY="7.8319")
    assert [fetch(settings, today), fetch(settings, today)] == [2, 0]
    day = date(2026, 11, 19)
    assert kept() == [(day, "CNY", Decimal("7.8319")), (day, "USD", Decimal("1.0823"))]


def test_a_rate_that_jumps_is_kept_out_and_the_others_are_not(settings, capsys):
    fetch(settings, file(USD="1.0823", CNY="7.8319"))
    assert fetch(settings, file("2026-11-20", USD="10.823", CNY="7.9")) == 1
    assert [row[1] for row in kept()] == ["CNY", "USD", "CNY"]
    assert "settlement.rate_jumped" in capsys.readouterr().out


@pytest.mark.parametrize(
    "body",
    [
        b"<html>down for maintenance",
        file(),
        file(USD="-1"),
        file(USD="NaN"),
        file(usd="1"),
        file("yesterday", USD="1"),
        file("2999-01-01", USD="1"),
        b"<!DOCTYPE x [<!ENTITY a 'b'>]>" + file(USD="1").partition(b"?>")[2],
    ],
)
def test_what_is_not_the_banks_file_changes_nothing(settings, body):
    with pytest.raises(RatesUnreadable):
        fetch(settings, body)
    assert kept() == []


def test_an_error_of_the_bank_changes_nothing(settings):
    with pytest.raises(RatesUnreadable):
        fetch(settings, file(USD="1"), "503 Service Unavailable")


def test_without_an_address_nothing_is_fetched(settings):
    settings.KEYWAY_RATES_URL = ""
    assert rates.update() == 0


@pytest.mark.parametrize("deed", ["update", "delete"])
def test_what_was_published_stays(deed):
    rates.keep([rates.Published(date(2026, 11, 19), "USD", Decimal("1.08"))])
    rows = ExchangeRate.objects.all()
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        rows.update(per_euro=2) if deed == "update" else rows._raw_delete("default")
    assert refusal.value.__cause__.diag.constraint_name == "exchange_rate_is_kept"


def test_operators_read_them():
    rates.keep([rates.Published(date(2026, 11, 19), "USD", Decimal("1.08"))])
    client = signed_in(UserFactory.create(is_staff=True, is_superuser=True))
    assert "1.08" in client.get("/ops/settlement/exchangerate/").content.decode()
