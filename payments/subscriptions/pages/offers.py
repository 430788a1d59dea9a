"""A new version of a plan, offered to those who subscribed to an older one."""

from collections import Counter

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from kernel.errors import NotFound
from merchants.pages.desk import Desk, page, show
from merchants.pages.plans import plan_of
from merchants.roles import Permission
from merchants.services import plans

from ..models import PriceChange
from ..services import price_changes


@require_http_methods(["GET", "POST"])
@page(Permission.MANAGE_PRODUCTS)
def offer(request: HttpRequest, desk: Desk, plan: str) -> HttpResponse:
    """Whom it would reach, and what became of earlier offers; then it is made."""
    found = plan_of(desk, plan)
    newest = next((each for each in plans.on_sale(found.product_id) if each.plan_id == found.pk), None)
    if newest is None:
        raise NotFound(plan=found.key)
    if request.method == "POST":
        made = price_changes.offer(newest.version_id, actor=desk.actor)
        said = gettext("Offered: {asked} are asked by mail, {taken} get the new price unasked.")
        messages.success(request, said.format(asked=made.asked, taken=made.taken))
        return HttpResponseRedirect(reverse("subscriptions:offer", args=[desk.merchant.key, found.key]))
    answers = PriceChange.objects.filter(to_version_id=newest.version_id).values_list("state", flat=True)
    facts = {
        "plan": found,
        "product": found.product,
        "newest": newest,
        "prices": [newest.price(currency) for currency in sorted(newest.prices)],
        "outlook": price_changes.outlook(newest),
        "answers": Counter(answers),
    }
    return show(request, desk, "dashboard/subscriptions/offer.html", facts)
