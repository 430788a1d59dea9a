"""The addresses of the sandbox role."""

from django.conf import settings
from django.urls import URLPattern, path

from .pages import bank, cashier, control, desk, gateway, mailbox, stripe_api, stripe_checkout, stripe_desk

app_name = "sandbox"


def patterns(stage: str) -> list[URLPattern]:
    """In production twins pay here as well, and no merchant may look at another's trades: no desk there."""
    channel = [
        path("gateway.do", gateway.serve, name="gateway"),
        path("cashier/<str:token>/", cashier.cashier, name="cashier"),
        path("stripe/v1/<path:path>", stripe_api.serve, name="stripe-api"),
        path("stripe/pay/<str:session>/", stripe_checkout.checkout, name="stripe-checkout"),
        path("bank/transfers", bank.serve, name="bank-transfers"),
        path("bank/transfers/<str:request_no>", bank.serve, name="bank-transfer"),
    ]
    workshop = [
        path("", desk.desk, name="desk"),
        path("notices/<uuid:notice>/resend/", desk.resend, name="resend"),
        path("trades/<str:token>/finish/", desk.finish, name="finish"),
        path("mail/", mailbox.mailbox, name="mailbox"),
        path("mail/<uuid:mail>/", mailbox.html, name="mail"),
        path("control/faults/", control.faults, name="control-faults"),
        path("control/trades/<str:out_trade_no>/", control.trade, name="control-trade"),
        path("control/trades/<str:out_trade_no>/resend/", control.resend, name="control-resend"),
        path("stripe/", stripe_desk.desk, name="stripe-desk"),
        path("stripe/deliveries/<uuid:delivery>/resend/", stripe_desk.resend, name="stripe-resend"),
        path("stripe/sessions/<str:session>/do/", stripe_desk.do, name="stripe-do"),
        path("stripe/cards/<str:card>/", stripe_desk.card, name="stripe-card"),
        path("control/stripe-accounts/", stripe_desk.control_account, name="control-stripe-account"),
        path("control/stripe/<str:reference>/", stripe_desk.control, name="control-stripe"),
        path("bank/", bank.desk, name="bank-desk"),
        path("bank/transfers/<uuid:transfer>/do/", bank.do, name="bank-do"),
    ]
    return channel if stage == "production" else channel + workshop


urlpatterns = patterns(settings.KEYWAY_STAGE)
