"""The addresses of the API, version 1."""

from typing import Any

from django.urls import URLPattern, path

from merchants.api.products import Products
from merchants.api.webhook_endpoints import WebhookDeliveries, WebhookEndpoints
from payments.api.orders import Orders
from payments.api.payments import Payments
from payments.api.refunds import Refunds
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
    path("orders", Orders.as_view(_MANY)),
    path("orders/<str:id>", Orders.as_view(_ONE)),
    path("orders/<str:id>/cancel", Orders.as_view({"post": "cancel"})),
    path("orders/<str:id>/extend", Orders.as_view({"post": "extend"})),
    path("orders/<str:id>/keys", Orders.as_view({"get": "keys"})),
    path("payments", Payments.as_view({"get": "list"})),
    path("payments/<str:id>", Payments.as_view(_ONE)),
    path("refunds", Refunds.as_view(_MANY)),
    path("refunds/<str:id>", Refunds.as_view(_ONE)),
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
