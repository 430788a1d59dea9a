"""Where a merchant is paid. A new account waits for an operator; who adds it confirms themselves first."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from kernel import ids
from kernel.errors import NotFound
from merchants.forms.refusals import add_problem
from merchants.forms.stock import ReasonForm
from merchants.pages.desk import Desk, confirmed_recently, page, show
from merchants.roles import Permission
from web import problems

from .. import queries
from ..errors import BadBankAccount
from ..forms import BankAccountForm
from ..models import BankAccount
from ..services import bank_accounts


@require_http_methods(["GET", "POST"])
@page(Permission.MANAGE_BANK_ACCOUNTS)
def listing(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The accounts that count, and a form for another one."""
    currencies = queries.currencies_of(desk.merchant) or ["CNY"]
    form = BankAccountForm(request.POST or None, currencies=currencies)
    if request.method == "POST":
        if not confirmed_recently(request):
            back = reverse("settlement:bank-accounts", args=[desk.merchant.key])
            return HttpResponseRedirect(f"{reverse('mfa_reauthenticate')}?{urlencode({'next': back})}")
        if form.is_valid() and _add(request, desk, form):
            return HttpResponseRedirect(reverse("settlement:bank-accounts", args=[desk.merchant.key]))
    facts = {
        "rows": queries.bank_accounts_of(desk.merchant),
        "form": form,
        "confirmed": confirmed_recently(request),
    }
    return show(request, desk, "dashboard/payouts/bank_accounts.html", facts)


def _add(request: HttpRequest, desk: Desk, form: BankAccountForm) -> bool:
    typed = dict(form.cleaned_data)
    try:
        bank_accounts.add(desk.merchant, typed.pop("currency"), actor=desk.actor, **typed)
    except BadBankAccount as problem:
        add_problem(form, problem, problems.title(problem))
        return False
    messages.success(request, gettext("The account is added. The platform confirms it before it pays."))
    return True


@require_POST
@page(Permission.MANAGE_BANK_ACCOUNTS)
def retire(request: HttpRequest, desk: Desk, account: str) -> HttpResponse:
    """Use an account no more."""
    found = BankAccount.objects.filter(merchant=desk.merchant, pk=ids.decode("bac", account)).first()
    if found is None:
        raise NotFound(bank_account=account[:40])
    form = ReasonForm(request.POST)
    if form.is_valid():
        bank_accounts.retire(found, actor=desk.actor, reason=form.cleaned_data["reason"])
        messages.success(request, gettext("Nothing is paid to this account any more."))
    else:
        messages.error(request, gettext("Say why the account is not to be used any more."))
    return HttpResponseRedirect(reverse("settlement:bank-accounts", args=[desk.merchant.key]))
