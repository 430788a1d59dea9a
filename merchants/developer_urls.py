"""The addresses of webhooks and events on the merchant's dashboard."""

from django.urls import path

from .pages import clock, developer_events, webhook_deliveries, webhooks

_AT = "m/<str:merchant>/developers/webhooks"
_ONE = f"{_AT}/<str:endpoint>"

paths = [
    path(f"{_AT}/", webhooks.listing, name="webhooks"),
    path(f"{_AT}/new/", webhooks.new, name="webhook-new"),
    path(f"{_AT}/deliveries/<str:delivery>/", webhook_deliveries.delivery, name="webhook-delivery"),
    path(f"{_AT}/deliveries/<str:delivery>/resend/", webhook_deliveries.resend, name="webhook-resend"),
    path(f"{_ONE}/", webhook_deliveries.endpoint, name="webhook"),
    path(f"{_ONE}/edit/", webhooks.edit, name="webhook-edit"),
    path(f"{_ONE}/roll/", webhooks.roll, name="webhook-roll"),
    path(f"{_ONE}/ping/", webhooks.ping, name="webhook-ping"),
    path(f"{_ONE}/disable/", webhooks.disable, name="webhook-disable"),
    path(f"{_ONE}/enable/", webhooks.enable, name="webhook-enable"),
    path(f"{_ONE}/remove/", webhooks.remove, name="webhook-remove"),
    path(f"{_ONE}/failed/", webhook_deliveries.resend_failed, name="webhook-resend-failed"),
    path(f"{_ONE}/replay/", webhook_deliveries.replay, name="webhook-replay"),
    path("m/<str:merchant>/developers/clock/", clock.show_clock, name="clock"),
    path("m/<str:merchant>/developers/events/", developer_events.listing, name="developer-events"),
    path("m/<str:merchant>/developers/events/<str:event>/", developer_events.detail, name="developer-event"),
]
