"""What a key may do. Apart from the views: the settings lead here while those are made."""

from typing import Any

from rest_framework.exceptions import MethodNotAllowed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from .caller import caller_of
from .errors import KeyMissing, ScopeMissing


class Scoped(BasePermission):
    """The caller's key has the scope of the action."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Raises KeyMissing, ScopeMissing; MethodNotAllowed where nothing answers this method."""
        if view.action is None:
            raise MethodNotAllowed(request.method or "")
        caller = caller_of(request)
        if caller is None:
            raise KeyMissing
        scope = view.scope
        if scope not in caller.scopes:
            raise ScopeMissing(scope=scope)
        return True
