"""A merchant's orders: the list, one order with every attempt to pay it, its keys, its refunds."""

from uuid import uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from kernel import ids
from kernel.errors import NotFound, Problem
from merchants.forms.refusals import add_problem
from merchants.forms.stock import ReasonForm
from merchants.pages.desk import Desk, confirmed_recently, page, show
from merchants.roles import Permission
from web import problems

from .. import sales
from ..models import Dispute, Order, Payment, Refund
from ..models.dispute import MONEY_TAKEN, STANDING
from ..refund_forms import RefundForm
from ..services import deliveries, refunds
from ..services.orders import contact_of
from ..states import RefundState
from .merchants_order import facts_of
from .order import masked
from .refund_quotes import quote


@require_GET
@page(Permission.VIEW_ORDERS, by_store=True)
def listing(request: HttpRequest, desk: Desk) -> HttpResponse:
    """A page of orders, of one store or of all."""
    view, text = request.GET.get("view", ""), request.GET.get("q", "").strip()[:254]
    before = request.GET.get("before", "")
    found = sales.orders(
        desk.merchant,
        store=desk.store,
        view=view,
        text=text,
        before=ids.decode("ord", before) if before else None,
    )
    facts = {
        "page": found,
        "view": view,
        "text": text,
        "rows": [(order, masked(contact_of(order))) for order in found.orders],
    }
    return show(request, desk, "dashboard/orders/list.html", facts)


@require_GET
@page(Permission.VIEW_ORDERS)
def detail(request: HttpRequest, desk: Desk, order: str) -> HttpResponse:
    """One order."""
    return _detail(request, desk, _order_of(desk, order))


@require_POST
@page(Permission.REVEAL_KEYS)
def reveal(request: HttpRequest, desk: Desk, order: str) -> HttpResponse:
    """Show the keys that a buyer got, for a reason, to who has just confirmed that it is them."""
    found = _order_of(desk, order)
    if not confirmed_recently(request):
        back = reverse("payments:merchant-order", args=[desk.merchant.key, order])
        return HttpResponseRedirect(f"{reverse('mfa_reauthenticate')}?{urlencode({'next': back})}")
    form = ReasonForm(request.POST, prefix="reveal")
    if not form.is_valid():
        return _detail(request, desk, found, reveal=form)
    keys = deliveries.reveal(found, actor=desk.actor, reason=form.cleaned_data["reason"])
    return _detail(request, desk, found, keys=keys)


@require_POST
@page(Permission.REFUND)
def refund(request: HttpRequest, desk: Desk, order: str) -> HttpResponse:
    """Give money back, the whole or a part."""
    found = _order_of(desk, order)
    payment = sales.applied(found)
    if payment is None:
        raise NotFound(payment=order[:40])
    form = RefundForm(request.POST, payment=payment)
    if form.is_valid():
        try:
            made = refunds.book(
                payment=payment,
                amount=form.cleaned_data["amount"],
                reason=form.cleaned_data["reason"],
                actor=desk.actor,
                form_key=form.cleaned_data["form_key"],
            )
        except Problem as problem:
            add_problem(form, problem, f"{problems.title(problem)} {problems.advice(problem)}")
        else:
            _say(request, made)
            return HttpResponseRedirect(
                reverse("payments:merchant-order", args=[desk.merchant.key, found.key])
            )
    return _detail(request, desk, found, refund=form)


def _order_of(desk: Desk, key: str) -> Order:
    found = (
        Order.objects.select_related("product", "store", "merchant")
        .filter(merchant=desk.merchant, pk=ids.decode("ord", key))
        .first()
    )
    if found is None:
        raise NotFound(order=key[:40])
    return found


def _detail(
    request: HttpRequest,
    desk: Desk,
    order: Order,
    *,
    keys: list[str] | None = None,
    reveal: ReasonForm | None = None,
    refund: RefundForm | None = None,
) -> HttpResponse:
    attempts = list(Payment.objects.filter(order=order).select_related("account").order_by("ordinal"))
    payment = next((one for one in attempts if one.use == "applied"), None)
    disputes = list(Dispute.objects.filter(order=order).order_by("id"))
    # The bank has the money: a refund would be refused.
    taken = payment is not None and payment.disputes.filter(MONEY_TAKEN).exists()
    if taken or payment is None or not payment.refundable:
        refund = None
    elif refund is None:
        refund = RefundForm(payment=payment, initial={"form_key": uuid4()})
    facts = {
        "order": order,
        "contact": masked(contact_of(order)),
        "payment": payment,
        "disputes": disputes,
        "is_disputed": Dispute.objects.filter(STANDING, order=order).exists(),
        "is_money_taken": taken and payment is not None and bool(payment.refundable),
        "refund": refund,
        "quote": quote(payment) if payment and payment.refundable else None,
        "keys": keys,
        "reveal": reveal or ReasonForm(prefix="reveal"),
        **facts_of(order, attempts, sees_money=desk.may(Permission.VIEW_BALANCE)),
    }
    return show(request, desk, "dashboard/orders/detail.html", facts)


def _say(request: HttpRequest, made: Refund) -> None:
    if made.state == RefundState.SUCCEEDED:
        messages.success(request, gettext("The money is on its way back to the buyer."))
    elif made.state == RefundState.FAILED:
        messages.error(request, gettext("The channel refused the refund; the money is back in your balance."))
    else:
        messages.info(
            request, gettext("The channel has not answered yet. We ask until it does; nothing is paid twice.")
        )
