"""Memberships in the back office: read here; what changes anything is a deed of a service."""

from . import invoice, mandate, policy, subscription

__all__ = ["invoice", "mandate", "policy", "subscription"]
