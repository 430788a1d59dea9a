"""Settings of the API: Django REST Framework and the documents that are made of it."""

from typing import Any

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["merchants.api.authentication.ApiKeys"],
    "DEFAULT_PERMISSION_CLASSES": ["web.api.scoping.Scoped"],
    "DEFAULT_THROTTLE_CLASSES": ["web.api.throttling.ByKey"],
    "DEFAULT_PARSER_CLASSES": ["web.api.parsing.StrictJson"],
    "DEFAULT_RENDERER_CLASSES": ["web.api.parsing.Rendered"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "web.api.parsing.AnyAccept",
    "DEFAULT_SCHEMA_CLASS": "web.api.schema.Schema",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "web.api.refusals.handle",
    "UNAUTHENTICATED_USER": None,
    "UNAUTHENTICATED_TOKEN": None,
    "URL_FORMAT_OVERRIDE": None,
    "COERCE_DECIMAL_TO_STRING": True,
}

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Keyway",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    # Without its badge, which asks a server outside.
    "SWAGGER_UI_SETTINGS": {
        "deepLinking": True,
        "validatorUrl": None,
        "displayRequestDuration": True,
        "persistAuthorization": False,
        "defaultModelsExpandDepth": 0,
    },
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "SORT_OPERATIONS": False,
    # By the lists that the endpoints choose from.
    "ENUM_NAME_OVERRIDES": {
        "AttemptState": "payments.api.shapes.ATTEMPT_STATES",
        "BatchState": "merchants.api.stock_batches.STATES",
        "CodeBatchState": "merchants.api.coupons.CODE_BATCH_STATES",
        "CouponCarrier": "merchants.api.coupons.CARRIERS",
        "CouponKind": "merchants.api.coupons.KINDS",
        "CouponStatus": "merchants.api.coupons.STATUSES",
        "CouponUseState": "merchants.api.coupons.USE_STATES",
        "EntitlementState": "merchants.api.entitlements.STATES",
        "Fulfilment": "payments.api.shapes.FULFILMENTS",
        "LineCategory": "settlement.api.settlements.CATEGORIES",
        "PaymentState": "payments.api.shapes.PAYMENT_STATES",
        "PayoutState": "settlement.api.payouts.STATES",
        "PlanUnit": "merchants.api.plans.UNITS",
        "ProductKind": "merchants.api.products.KINDS",
        "ProductStatus": "merchants.api.products.STATUSES",
        "RefundKind": "payments.api.shapes.REFUND_KINDS",
        "RefundState": "payments.api.shapes.REFUND_STATES",
        "WebhookDeliveryState": "merchants.api.webhook_endpoints.DELIVERY_STATES",
        "WebhookEndpointState": "merchants.api.webhook_endpoints.ENDPOINT_STATES",
    },
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "web.api.schema.complete"],
}
