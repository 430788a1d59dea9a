"""The addresses of memberships."""

from . import desk_urls

app_name = "subscriptions"
urlpatterns = [*desk_urls.paths]
