"""Answers that Django has no name for."""

from django.http.response import HttpResponseRedirectBase


class SeeOther(HttpResponseRedirectBase):
    """303: the form was taken; look there. Whatever the method was, the next one is GET."""

    status_code = 303
