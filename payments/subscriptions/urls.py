"""The addresses of memberships."""

from django.urls import path

from . import desk_urls
from .pages import buyer, buyer_change, buyer_deeds, my

app_name = "subscriptions"
urlpatterns = [
    path("subscriptions/<str:token>/", buyer.show, name="show"),
    path("subscriptions/<str:token>/live/", buyer_deeds.live, name="live"),
    path("subscriptions/<str:token>/do/", buyer_deeds.act, name="do"),
    path("subscriptions/<str:token>/change/", buyer_change.change, name="alter"),
    path("subscriptions/<str:token>/pause/", buyer_deeds.pause, name="pause"),
    path("subscriptions/<str:token>/resume/", buyer_deeds.resume, name="resume"),
    path("subscriptions/<str:token>/cancel/", buyer_deeds.cancel, name="cancel"),
    path("subscriptions/<str:token>/card/", buyer_deeds.card, name="card"),
    path("my/subscriptions/", my.listing, name="mine"),
    path("my/methods/<str:mandate>/end/", my.end_method, name="end-method"),
    *desk_urls.paths,
]
