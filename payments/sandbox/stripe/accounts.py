"""The accounts that may call the API."""

import secrets
from dataclasses import dataclass

from django.db import transaction

from kernel import clock

from ..models import StripeAccount


@dataclass(frozen=True)
class Opened:
    """What a merchant copies from Stripe's dashboard."""

    account_id: str
    secret_key: str
    webhook_secret: str


@transaction.atomic
def open(name: str, *, webhook_url: str = "", magic: bool = False) -> Opened:
    """Open an account with a webhook endpoint."""
    opened = Opened(
        account_id=f"acct_{secrets.token_hex(8)}",
        secret_key=f"sk_test_{secrets.token_hex(24)}",
        webhook_secret=f"whsec_{secrets.token_hex(24)}",
    )
    StripeAccount.objects.create(
        id=opened.account_id,
        name=name,
        secret_key=opened.secret_key,
        webhook_url=webhook_url,
        webhook_secrets=[opened.webhook_secret],
        magic=magic,
        created_at=clock.now(),
    )
    return opened


def listen(account_id: str, webhook_url: str) -> None:
    """Have events sent to this address."""
    StripeAccount.objects.filter(pk=account_id).update(webhook_url=webhook_url)


@transaction.atomic
def roll_secret(account_id: str, *, keep_old: bool = True) -> str:
    """A new webhook secret; the old one goes on signing unless it is dropped. Gives the new one."""
    account = StripeAccount.objects.select_for_update(no_key=True).get(pk=account_id)
    made = f"whsec_{secrets.token_hex(24)}"
    account.webhook_secrets = [made, *account.webhook_secrets[:1]] if keep_old else [made]
    account.save(update_fields=["webhook_secrets"])
    return made
