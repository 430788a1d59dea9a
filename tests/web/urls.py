"""A few addresses that do what tests need: refuse, break, answer, take a form."""

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.urls import path

from kernel.errors import Problem, said
from kernel.money import Money
from web.secrecy import secret_address

handler400 = "web.pages.errors.bad_request"
handler403 = "web.pages.errors.forbidden"
handler404 = "web.pages.errors.not_found"
handler500 = "web.pages.errors.broken"


class TooMany(Problem):
    code, status, title = "test.too_many", 429, said("Wait {seconds} seconds, then pay {amount}.")


def refuse(request: HttpRequest) -> HttpResponse:
    raise TooMany(seconds=7, amount=Money(100, "CNY"), secret="canary")


def break_down(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("canary-detail")


def answer(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.META["REMOTE_ADDR"] + get_token(request)[:0])


@secret_address
def secret(request: HttpRequest) -> HttpResponse:
    return HttpResponse("secret")


urlpatterns = [
    path("refuse/", refuse),
    path("break/", break_down),
    path("answer/", answer),
    path("o/secret/", secret),
]
