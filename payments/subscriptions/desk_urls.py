"""The addresses of a merchant's subscriptions."""

from django.urls import path

from .pages import desk, desk_detail, offers

paths = [
    path("m/<str:merchant>/subscriptions/", desk.listing, name="list"),
    path("m/<str:merchant>/subscriptions/figures/", desk.figures, name="figures"),
    path("m/<str:merchant>/subscriptions/policy/", desk.policy, name="policy"),
    path("m/<str:merchant>/plans/<str:plan>/offer/", offers.offer, name="offer"),
    path("m/<str:merchant>/subscriptions/<str:subscription>/", desk_detail.detail, name="one"),
    path("m/<str:merchant>/subscriptions/<str:subscription>/do/", desk_detail.act, name="act"),
    path("m/<str:merchant>/subscriptions/<str:subscription>/extend/", desk_detail.extend, name="extend"),
    path("m/<str:merchant>/subscriptions/<str:subscription>/change/", desk_detail.change, name="change"),
]
