"""The apps that may call the gateway."""

from django.db import transaction

from kernel import clock

from ..models import AlipayApp
from . import signing


@transaction.atomic
def register(
    app_id: str,
    app_public_key: str,
    seller_id: str,
    *,
    name: str = "沙箱商户",
    seller_email: str = "",
    magic: bool = False,
) -> str:
    """Register an app, or change one. Returns the platform's public key, PEM, which verifies its notices.

    `app_public_key` is PEM or bare base64. The platform's key is made once and stays. With `magic` the cents
    of an amount decide what happens without a buyer. Raises ValueError for a key that RSA2 does not take.
    """
    public_key = signing.read_public_key(app_public_key)
    known = AlipayApp.objects.select_for_update(no_key=True).filter(app_id=app_id).first()
    private_key = known.platform_private_key if known else signing.new_private_key()
    AlipayApp.objects.update_or_create(
        app_id=app_id,
        defaults={
            "name": name,
            "seller_id": seller_id,
            "seller_email": seller_email or f"{seller_id[-6:]}@seller.example",
            "app_public_key": public_key,
            "platform_private_key": private_key,
            "magic": magic,
            "created_at": known.created_at if known else clock.now(),
        },
    )
    return signing.public_key_of(private_key)
