"""The addresses of settlement on the merchant's desk."""

from django.urls import path

from .pages import merchants_bank_accounts, merchants_payouts, merchants_statements

app_name = "settlement"
urlpatterns = [
    path("m/<str:merchant>/settlements/", merchants_statements.listing, name="statements"),
    path("m/<str:merchant>/settlements/<str:statement>/", merchants_statements.detail, name="statement"),
    path("m/<str:merchant>/settlements/<str:statement>/draft/", merchants_statements.draft, name="draft"),
    path("m/<str:merchant>/settlements/<str:statement>/csv/", merchants_statements.csv, name="statement-csv"),
    path(
        "m/<str:merchant>/settlements/<str:statement>/xlsx/", merchants_statements.xlsx, name="statement-xlsx"
    ),
    path("m/<str:merchant>/payouts/", merchants_payouts.listing, name="payouts"),
    path("m/<str:merchant>/payouts/<str:payout>/", merchants_payouts.detail, name="payout"),
    path("m/<str:merchant>/payouts/<str:payout>/cancel/", merchants_payouts.cancel, name="payout-cancel"),
    path("m/<str:merchant>/bank-accounts/", merchants_bank_accounts.listing, name="bank-accounts"),
    path(
        "m/<str:merchant>/bank-accounts/<str:account>/retire/",
        merchants_bank_accounts.retire,
        name="bank-account-retire",
    ),
]
