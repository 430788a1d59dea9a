"""An account that cannot work is refused when it is saved, not at the first sale."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from payments.channels.alipay import Alipay
from payments.channels.base import AccountRefused
from tests.payments.channels import alipay_world as world


def pem(key) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def with_secrets(**secrets):
    good = world.account()
    return replace(good, secrets={**good.secrets, **secrets})


def test_a_whole_account_passes():
    assert Alipay().check(world.account()) is None


@pytest.mark.parametrize("app_id", ["", "2021", "202100011866123x", "10210001186612345"])
def test_an_app_id_of_another_form_is_refused(app_id):
    with pytest.raises(AccountRefused):
        Alipay().check(world.account(app_id=app_id))


@pytest.mark.parametrize("seller_id", ["", "2088", "3088102146225135"])
def test_a_seller_id_of_another_form_is_refused(seller_id):
    with pytest.raises(AccountRefused):
        Alipay().check(world.account(seller_id=seller_id))


@pytest.mark.parametrize("gateway", ["", "gateway.do", "ftp://alipay", "https://alipay/gateway.do?x=1"])
def test_a_gateway_that_is_no_address_is_refused(gateway):
    with pytest.raises(AccountRefused):
        Alipay().check(world.account(gateway))


@pytest.mark.parametrize("name", ["private_key", "channel_public_key"])
@pytest.mark.parametrize("text", ["", "x", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"])
def test_a_key_that_cannot_be_read_is_refused(name, text):
    with pytest.raises(AccountRefused):
        Alipay().check(with_secrets(**{name: text}))


def test_a_short_key_is_refused():
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    with pytest.raises(AccountRefused) as refusal:
        Alipay().check(with_secrets(private_key=pem(short)))
    assert refusal.value.context["why"] == "a key is shorter than 2048 bits"


def test_a_key_of_another_kind_is_refused():
    with pytest.raises(AccountRefused):
        Alipay().check(with_secrets(private_key=pem(ed25519.Ed25519PrivateKey.generate())))


def test_ones_own_public_key_in_place_of_the_channels_is_refused():
    with pytest.raises(AccountRefused) as refusal:
        Alipay().check(with_secrets(channel_public_key=world.public_pem("app")))
    assert refusal.value.context["why"] == "the channel's public key is the application's own"


def test_a_missing_secret_is_refused():
    with pytest.raises(AccountRefused):
        Alipay().check(replace(world.account(), secrets={}))
