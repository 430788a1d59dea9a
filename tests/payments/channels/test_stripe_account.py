"""A Stripe account that cannot work, or would send a real key elsewhere, is refused when it is saved."""

from dataclasses import replace

import pytest

from payments.channels.base import AccountRefused
from payments.channels.stripe import Stripe
from tests.payments.channels import stripe_world as world

LIVE = {"mode": "live", "api_key": "sk_live_4eC39HqLyjWDarjtT1zdp7dc"}
REAL = "https://api.stripe.com"


def refused(account) -> str:
    with pytest.raises(AccountRefused) as refusal:
        Stripe().check(account)
    return str(refusal.value.context["why"])


def test_a_whole_account_passes():
    Stripe().check(world.account())
    Stripe().check(world.account(REAL))
    Stripe().check(world.account(REAL, **LIVE))
    Stripe().check(world.account(webhook_secret_old=world.OLD_SECRET))


@pytest.mark.parametrize("gateway", ["http://127.0.0.1:9/stripe", "https://api.stripe.com.evil.example"])
def test_a_key_that_moves_real_money_goes_to_stripe_and_nowhere_else(gateway):
    assert refused(world.account(gateway, **LIVE)) == "the gateway is not Stripe's"


@pytest.mark.parametrize("gateway", ["", "stripe", "ftp://x", "https://x/?y=1", "https://files.stripe.com"])
def test_a_gateway_that_is_none_is_refused(gateway):
    assert refused(world.account(gateway))


@pytest.mark.parametrize("mode", ["live", "", "play"])
def test_the_mode_is_that_of_the_key(mode):
    assert refused(world.account(mode=mode)) == "the secret key is of another mode than the account"


@pytest.mark.parametrize("key", ["", "pk_test_4eC39HqLyjWDarjtT1zdp7dc", "sk_test_", "sk_test_ü" + "x" * 20])
def test_a_key_of_another_form_is_refused(key):
    assert refused(world.account(api_key=key))


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_short", "secret" * 6])
def test_a_webhook_secret_that_everybody_could_guess_is_refused(secret):
    assert refused(world.account(webhook_secret=secret))


def test_the_old_secret_is_another_one():
    assert refused(world.account(webhook_secret_old=world.SECRET))


def test_a_missing_secret_is_refused():
    assert refused(replace(world.account(), secrets={}))
