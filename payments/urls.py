"""The addresses of the sale."""

from django.urls import path

from . import coupon_urls
from .api import notices
from .pages import (
    codes,
    delivery,
    find,
    landing,
    merchants_activity,
    merchants_balance,
    merchants_home,
    merchants_orders,
    merchants_refunds,
    order,
    paying,
    shop,
)

app_name = "payments"
urlpatterns = [
    path("", landing.show, name="landing"),
    path("s/<str:shop>/", shop.show_shop, name="shop"),
    path("s/<str:shop>/accent.css", shop.accent, name="accent"),
    path("s/<str:shop>/p/<str:slug>/", shop.product, name="product"),
    path("s/<str:shop>/p/<str:slug>/code/", codes.quote, name="code"),
    path("s/<str:shop>/find/", find.find, name="find"),
    path("o/<str:token>/", order.show, name="order"),
    path("o/<str:token>/live/", order.live, name="live"),
    path("o/<str:token>/pay/", paying.pay, name="pay"),
    path("o/<str:token>/extend/", paying.extend, name="extend"),
    path("o/<str:token>/check/", paying.check, name="check"),
    path("o/<str:token>/cancel/", paying.cancel, name="cancel"),
    path("o/<str:token>/reveal/", delivery.reveal, name="reveal"),
    path("o/<str:token>/download/", delivery.download, name="download"),
    path("o/<str:token>/mail/", delivery.mail, name="mail"),
    path("n/<str:token>/", notices.take, name="notice"),
    path("n/a/<str:token>/", notices.take_for_account, name="account-notice"),
    path("m/<str:merchant>/", merchants_home.home, name="merchant-home"),
    path("m/<str:merchant>/orders/", merchants_orders.listing, name="merchant-orders"),
    path("m/<str:merchant>/orders/<str:order>/", merchants_orders.detail, name="merchant-order"),
    path("m/<str:merchant>/orders/<str:order>/reveal/", merchants_orders.reveal, name="merchant-reveal"),
    path("m/<str:merchant>/orders/<str:order>/refund/", merchants_orders.refund, name="merchant-refund"),
    *coupon_urls.paths,
    path("m/<str:merchant>/refunds/", merchants_refunds.listing, name="merchant-refunds"),
    path("m/<str:merchant>/activity/", merchants_activity.listing, name="merchant-activity"),
    path("m/<str:merchant>/balance/", merchants_balance.balance, name="merchant-balance"),
]
