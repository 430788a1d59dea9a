"""The addresses of the sandbox role."""

from django.urls import path

from .pages import cashier, control, desk, gateway, mailbox

app_name = "sandbox"
urlpatterns = [
    path("", desk.desk, name="desk"),
    path("notices/<uuid:notice>/resend/", desk.resend, name="resend"),
    path("trades/<str:token>/finish/", desk.finish, name="finish"),
    path("gateway.do", gateway.serve, name="gateway"),
    path("cashier/<str:token>/", cashier.cashier, name="cashier"),
    path("mail/", mailbox.mailbox, name="mailbox"),
    path("mail/<uuid:mail>/", mailbox.html, name="mail"),
    path("control/faults/", control.faults, name="control-faults"),
    path("control/trades/<str:out_trade_no>/", control.trade, name="control-trade"),
    path("control/trades/<str:out_trade_no>/resend/", control.resend, name="control-resend"),
]
