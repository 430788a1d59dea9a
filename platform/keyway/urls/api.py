"""The addresses of the API, version 1."""

from typing import Any

from django.urls import URLPattern, path

from merchants.api.coupons import CouponBatches, Coupons
from merchants.api.entitlements import Entitlements
from merchants.api.plans import Plans
from merchants.api.products import Products
from merchants.api.sandbox_clock import SandboxClock
from merchants.api.stock_batches import StockBatches
from merchants.api.webhook_endpoints import WebhookDeliveries, WebhookEndpoints
from payments.api.balance import Balance
from payments.api.events import Events
from payments.api.orders import Orders
from payments.api.payments import Payments
from payments.api.refunds import Refunds
from payments.subscriptions.api.consent import SubscriptionConsent
from payments.subscriptions.api.invoices import Invoices
from payments.subscriptions.api.mandates import MandatesOfBuyers
from payments.subscriptions.api.metrics import Metrics
from payments.subscriptions.api.policy import SubscriptionPolicy
from payments.subscriptions.api.price_changes import PriceChanges
from payments.subscriptions.api.subscriptions import Subscriptions
from settlement.api.payouts import Payouts
from settlement.api.settlements import Settlements
from web.api import documents

_MANY: dict[str, Any] = {"get": "list", "post": "create"}
_ONE: dict[str, Any] = {"get": "retrieve"}

app_name = "api"
urlpatterns: list[URLPattern] = [
    path("openapi.json", documents.as_json, name="openapi"),
    path("openapi.yaml", documents.as_yaml),
    path("products", Products.as_view(_MANY)),
    path("products/<str:id>", Products.as_view({**_ONE, "patch": "partial_update"})),
    path("products/<str:id>/activate", Products.as_view({"post": "activate"})),
    path("products/<str:id>/deactivate", Products.as_view({"post": "deactivate"})),
    path("products/<str:id>/archive", Products.as_view({"post": "archive"})),
    path("plans", Plans.as_view(_MANY)),
    path("plans/<str:id>", Plans.as_view({**_ONE, "patch": "partial_update"})),
    path("plans/<str:id>/versions", Plans.as_view({"get": "versions", "post": "write"})),
    path("plans/<str:id>/publish", Plans.as_view({"post": "publish"})),
    path("plans/<str:id>/archive", Plans.as_view({"post": "archive"})),
    path("plans/<str:id>/restore", Plans.as_view({"post": "restore"})),
    path("entitlements", Entitlements.as_view({"get": "list"})),
    path("entitlements/<str:id>", Entitlements.as_view(_ONE)),
    path("subscriptions", Subscriptions.as_view(_MANY)),
    path("subscriptions/<str:id>", Subscriptions.as_view(_ONE)),
    path("subscriptions/<str:id>/change", Subscriptions.as_view({"post": "change"})),
    path("subscriptions/<str:id>/pause", Subscriptions.as_view({"post": "pause"})),
    path("subscriptions/<str:id>/resume", Subscriptions.as_view({"post": "resume"})),
    path("subscriptions/<str:id>/cancel", Subscriptions.as_view({"post": "cancel"})),
    path("subscriptions/<str:id>/undo", Subscriptions.as_view({"post": "undo"})),
    path("subscriptions/<str:id>/extend", Subscriptions.as_view({"post": "extend"})),
    path("subscriptions/<str:id>/retry", Subscriptions.as_view({"post": "retry"})),
    path("subscriptions/<str:id>/invoices", Subscriptions.as_view({"get": "invoices"})),
    path("subscription_consent", SubscriptionConsent.as_view(_ONE)),
    path("subscription_policy", SubscriptionPolicy.as_view({**_ONE, "patch": "partial_update"})),
    path("invoices", Invoices.as_view({"get": "list"})),
    path("invoices/<str:id>", Invoices.as_view(_ONE)),
    path("mandates", MandatesOfBuyers.as_view({"get": "list"})),
    path("mandates/<str:id>", MandatesOfBuyers.as_view(_ONE)),
    path("mandates/<str:id>/end", MandatesOfBuyers.as_view({"post": "end"})),
    path("price_changes", PriceChanges.as_view({"get": "list", "post": "create"})),
    path("price_changes/<str:id>", PriceChanges.as_view(_ONE)),
    path("metrics/recurring", Metrics.as_view({"get": "recurring"})),
    path("coupons", Coupons.as_view(_MANY)),
    path("coupons/<str:id>", Coupons.as_view({**_ONE, "patch": "partial_update"})),
    path("coupons/<str:id>/pause", Coupons.as_view({"post": "pause"})),
    path("coupons/<str:id>/resume", Coupons.as_view({"post": "resume"})),
    path("coupons/<str:id>/end", Coupons.as_view({"post": "end"})),
    path("coupons/<str:id>/codes", Coupons.as_view({"get": "codes", "post": "add_code"})),
    path("coupons/<str:id>/codes/generate", Coupons.as_view({"post": "generate"})),
    path("coupons/<str:id>/uses", Coupons.as_view({"get": "uses"})),
    path("coupon_batches/<str:id>", CouponBatches.as_view(_ONE)),
    path("stock_batches", StockBatches.as_view(_MANY)),
    path("stock_batches/<str:id>", StockBatches.as_view(_ONE)),
    path("stock_batches/<str:id>/import", StockBatches.as_view({"post": "begin"})),
    path("stock_batches/<str:id>/cancel", StockBatches.as_view({"post": "cancel"})),
    path("stock_batches/<str:id>/undo", StockBatches.as_view({"post": "undo"})),
    path("orders", Orders.as_view(_MANY)),
    path("orders/<str:id>", Orders.as_view(_ONE)),
    path("orders/<str:id>/cancel", Orders.as_view({"post": "cancel"})),
    path("orders/<str:id>/extend", Orders.as_view({"post": "extend"})),
    path("orders/<str:id>/keys", Orders.as_view({"get": "keys"})),
    path("payments", Payments.as_view({"get": "list"})),
    path("payments/<str:id>", Payments.as_view(_ONE)),
    path("refunds", Refunds.as_view(_MANY)),
    path("refunds/<str:id>", Refunds.as_view(_ONE)),
    path("balance", Balance.as_view(_ONE)),
    path("balance/lines", Balance.as_view({"get": "lines"})),
    path("settlements", Settlements.as_view({"get": "list"})),
    path("settlements/<str:id>", Settlements.as_view(_ONE)),
    path("settlements/<str:id>/lines", Settlements.as_view({"get": "lines"})),
    path("settlements/<str:id>/csv", Settlements.as_view({"get": "csv"})),
    path("payouts", Payouts.as_view({"get": "list"})),
    path("payouts/<str:id>", Payouts.as_view(_ONE)),
    path("events", Events.as_view({"get": "list"})),
    path("events/<str:id>", Events.as_view(_ONE)),
    path("sandbox/clock", SandboxClock.as_view({**_ONE, "post": "advance"})),
    path("webhook_endpoints", WebhookEndpoints.as_view(_MANY)),
    path("webhook_endpoints/<str:id>", WebhookEndpoints.as_view({**_ONE, "patch": "partial_update"})),
    path("webhook_endpoints/<str:id>/disable", WebhookEndpoints.as_view({"post": "disable"})),
    path("webhook_endpoints/<str:id>/enable", WebhookEndpoints.as_view({"post": "enable"})),
    path("webhook_endpoints/<str:id>/remove", WebhookEndpoints.as_view({"post": "remove"})),
    path("webhook_endpoints/<str:id>/ping", WebhookEndpoints.as_view({"post": "ping"})),
    path("webhook_endpoints/<str:id>/roll_secret", WebhookEndpoints.as_view({"post": "roll_secret"})),
    path("webhook_endpoints/<str:id>/resend", WebhookEndpoints.as_view({"post": "resend"})),
    path("webhook_deliveries", WebhookDeliveries.as_view({"get": "list"})),
    path("webhook_deliveries/<str:id>", WebhookDeliveries.as_view(_ONE)),
    path("webhook_deliveries/<str:id>/resend", WebhookDeliveries.as_view({"post": "resend"})),
]
