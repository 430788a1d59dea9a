"""The Django application."""

from django.apps import AppConfig


class SubscriptionsConfig(AppConfig):
    """Memberships that renew."""

    name = "payments.subscriptions"
    label = "subscriptions"

    def ready(self) -> None:
        """Answer the sale, and say what waits for a merchant."""
        from merchants.services import products
        from merchants.states import ProductKind
        from payments import memberships, sales
        from payments.pages import my_home

        from . import waiting
        from .pages import my
        from .services.port import Port

        memberships.bind(Port())
        products.sell(ProductKind.MEMBERSHIP)
        my_home.CARDS.append(("my/subscription_card.html", my.card))
        sales.WAITING.append(waiting.past_due)
