"""The addresses of the merchant's dashboard that are about what is sold, and by whom."""

from django.urls import path

from . import developer_urls
from .pages import api_keys, choice, imports, plans, products, stock, stores, team

app_name = "merchants"
urlpatterns = [
    path("m/", choice.choose, name="choose"),
    path("m/<str:merchant>/more/", choice.more, name="more"),
    path("m/<str:merchant>/products/", products.listing, name="products"),
    path("m/<str:merchant>/products/new/", products.new, name="product-new"),
    path("m/<str:merchant>/products/<str:product>/", products.edit, name="product"),
    path("m/<str:merchant>/products/<str:product>/status/", products.status, name="product-status"),
    path("m/<str:merchant>/products/<str:product>/stock/", stock.product, name="product-stock"),
    path("m/<str:merchant>/products/<str:product>/import/", imports.upload, name="upload"),
    path("m/<str:merchant>/products/<str:product>/plans/", plans.listing, name="plans"),
    path("m/<str:merchant>/products/<str:product>/plans/new/", plans.new, name="plan-new"),
    path("m/<str:merchant>/plans/<str:plan>/", plans.detail, name="plan"),
    path("m/<str:merchant>/plans/<str:plan>/edit/", plans.edit, name="plan-edit"),
    path("m/<str:merchant>/plans/<str:plan>/version/", plans.version, name="plan-version"),
    path("m/<str:merchant>/plans/<str:plan>/status/", plans.status, name="plan-status"),
    path("m/<str:merchant>/stock/", stock.overview, name="stock"),
    path("m/<str:merchant>/stock/search/", stock.search, name="key-search"),
    path("m/<str:merchant>/stock/keys/<str:item>/", stock.item, name="key"),
    path("m/<str:merchant>/stock/keys/<str:item>/read/", stock.read, name="key-read"),
    path("m/<str:merchant>/stock/keys/<str:item>/void/", stock.void, name="key-void"),
    path("m/<str:merchant>/imports/<str:batch>/", imports.batch, name="batch"),
    path("m/<str:merchant>/imports/<str:batch>/progress/", imports.progress, name="batch-progress"),
    path("m/<str:merchant>/imports/<str:batch>/layout/", imports.layout, name="batch-layout"),
    path("m/<str:merchant>/imports/<str:batch>/begin/", imports.begin, name="batch-begin"),
    path("m/<str:merchant>/imports/<str:batch>/cancel/", imports.cancel, name="batch-cancel"),
    path("m/<str:merchant>/imports/<str:batch>/undo/", imports.undo, name="batch-undo"),
    path("m/<str:merchant>/stores/", stores.listing, name="stores"),
    path("m/<str:merchant>/stores/new/", stores.new, name="store-new"),
    path("m/<str:merchant>/stores/<str:store>/", stores.edit, name="store"),
    path("m/<str:merchant>/stores/<str:store>/status/", stores.status, name="store-status"),
    path("m/<str:merchant>/developers/keys/", api_keys.listing, name="api-keys"),
    path("m/<str:merchant>/developers/keys/<str:key>/roll/", api_keys.roll, name="api-key-roll"),
    path("m/<str:merchant>/developers/keys/<str:key>/revoke/", api_keys.revoke, name="api-key-revoke"),
    *developer_urls.paths,
    path("m/<str:merchant>/team/", team.members, name="team"),
    path("m/<str:merchant>/team/invite/", team.invite, name="invite"),
    path("m/<str:merchant>/team/<str:member>/role/", team.role, name="member-role"),
    path("m/<str:merchant>/team/<str:member>/remove/", team.remove, name="member-remove"),
    path(
        "m/<str:merchant>/invitations/<str:invitation>/withdraw/", team.withdraw, name="invitation-withdraw"
    ),
]
