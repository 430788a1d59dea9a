"""The bottom of the site: what stands here, and the way in. A place of play lists its shops as well."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from .. import shelf


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """Merchants sign in here. Whose shops a production platform carries is nobody's business."""
    shops = [] if settings.KEYWAY_STAGE == "production" else shelf.open_shops()
    return render(request, "storefront/landing.html", {"shops": shops})
