"""The addresses of a merchant's coupons. Their list shows what was sold, so all of them stand here."""

from django.urls import path

from merchants.pages import coupons

from .pages import merchants_coupons

paths = [
    path("m/<str:merchant>/coupons/", merchants_coupons.listing, name="merchant-coupons"),
    path("m/<str:merchant>/coupons/new/", coupons.new, name="coupon-new"),
    path("m/<str:merchant>/coupons/<str:coupon>/", merchants_coupons.detail, name="merchant-coupon"),
    path(
        "m/<str:merchant>/coupons/<str:coupon>/progress/", merchants_coupons.progress, name="coupon-progress"
    ),
    path("m/<str:merchant>/coupons/<str:coupon>/edit/", coupons.edit, name="coupon-edit"),
    path("m/<str:merchant>/coupons/<str:coupon>/status/", coupons.status, name="coupon-status"),
    path("m/<str:merchant>/coupons/<str:coupon>/codes/", coupons.codes, name="coupon-codes"),
    path("m/<str:merchant>/coupons/<str:coupon>/download/", coupons.download, name="coupon-download"),
]
