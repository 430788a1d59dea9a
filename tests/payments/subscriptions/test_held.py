"""What a subscription names exists: no row outlives the membership that it opened."""

import pytest
from django.db import IntegrityError, connection, transaction

from kernel import ids
from payments.subscriptions.models import Subscription
from tests.factories import subscriptions as members

pytestmark = pytest.mark.django_db


def test_a_subscription_names_no_entitlement_that_does_not_exist(club, bank):
    rows = Subscription.objects.filter(pk=members.started(club).pk)
    with pytest.raises(IntegrityError, match="subscription_entitlement_exists"), transaction.atomic():
        rows.update(entitlement_id=ids.new())
        connection.check_constraints()


def test_a_subscription_is_on_no_version_of_another_merchant(club, bank):
    mine = members.started(club)
    theirs = members.first_plan(members.membership()).version_id
    rows = Subscription.objects.filter(pk=mine.pk)
    for version in (theirs, ids.new()):
        with pytest.raises(IntegrityError, match="subscription_version_exists"), transaction.atomic():
            rows.update(version_id=version)
        next_terms = {"next_version_id": version, "next_quantity": 1, "next_unit_price": 1000}
        with pytest.raises(IntegrityError, match="subscription_next_version_exists"), transaction.atomic():
            rows.update(**next_terms)
