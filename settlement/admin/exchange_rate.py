"""Exchange rates, to be read."""

from django.contrib import admin

from web.backoffice import Reading

from ..models import ExchangeRate


@admin.register(ExchangeRate)
class ExchangeRateAdmin(Reading):
    """What one euro was worth, day by day, as the European Central Bank published it."""

    list_display = ("day", "currency", "per_euro", "source", "created_at")
    ordering = ("-day", "currency")
    fields = readonly_fields = list_display
