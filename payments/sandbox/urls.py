"""The addresses of the sandbox role."""

from django.conf import settings
from django.urls import URLPattern, path

from .pages import cashier, control, desk, gateway, mailbox

app_name = "sandbox"


def patterns(stage: str) -> list[URLPattern]:
    """In production twins pay here as well, and no merchant may look at another's trades: no desk there."""
    channel = [
        path("gateway.do", gateway.serve, name="gateway"),
        path("cashier/<str:token>/", cashier.cashier, name="cashier"),
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
    ]
    return channel if stage == "production" else channel + workshop


urlpatterns = patterns(settings.KEYWAY_STAGE)
