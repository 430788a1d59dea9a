"""The demo's accounts at the sandbox's Stripe: cards for every store, in dollars and in yuan."""

from decimal import Decimal

from django.conf import settings

from kernel.actors import SYSTEM
from merchants.models import Merchant
from payments.models import ChannelAccount
from payments.sandbox.stripe import accounts as sandbox
from payments.services import accounts
from payments.services.addresses import account_notify_url

RATE = Decimal("0.029")


def account(merchant: Merchant) -> None:
    """An account of the merchant, made once, where the sandbox listens today and tells today's address."""
    gateway = f"{settings.KEYWAY_SANDBOX_URL}/stripe"
    known = ChannelAccount.objects.filter(merchant=merchant, channel="stripe").first()
    if known is None:
        known = _open(merchant, gateway)
    elif known.gateway != gateway:
        accounts.move(known, gateway=gateway, actor=SYSTEM)
    sandbox.listen(known.settings["account_id"], account_notify_url(known.token))


def _open(merchant: Merchant, gateway: str) -> ChannelAccount:
    opened = sandbox.open(merchant.name)
    return accounts.register(
        merchant,
        "stripe",
        label="Stripe (sandbox)",
        gateway=gateway,
        settings={"account_id": opened.account_id, "mode": "test"},
        secrets={"api_key": opened.secret_key, "webhook_secret": opened.webhook_secret},
        rate=RATE,
        actor=SYSTEM,
    )
