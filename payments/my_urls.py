"""The addresses of a buyer's own pages that need orders; the others are buyers'."""

from django.urls import path

from .pages import my_home, my_orders

app_name = "my"
urlpatterns = [
    path("my/", my_home.home, name="home"),
    path("my/orders/", my_orders.listing, name="orders"),
    path("my/orders/<str:order>/", my_orders.show, name="order"),
    path("my/export/", my_orders.export, name="export"),
]
