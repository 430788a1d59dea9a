"""Forgetting a buyer: the address goes, and the keys that could open a copy of it in a backup."""

from django.db import transaction

import audit
import vault
from kernel import clock
from kernel.actors import BUYER

from ..models import Buyer, Code, FormerEmail


def erase(buyer: Buyer) -> None:
    """Erase the address, its keys and fingerprints; every session ends. What shops must keep stays there."""
    with transaction.atomic():
        locked = Buyer.objects.select_for_update(no_key=True).get(pk=buyer.pk)
        if locked.erased_at is not None:
            return
        Code.objects.filter(email_key=locked.email_key).delete()
        FormerEmail.objects.filter(buyer=locked).delete()
        locked.email, locked.email_key = b"", None
        locked.erased_at = clock.now()
        locked.save(update_fields=["email", "email_key", "erased_at"])
        vault.destroy(locked.pk)
        audit.record(BUYER, "buyer.erased", ("buyer", locked.pk))
