"""Tables of the audit trail."""

from .audit_row import AuditRow
from .link import Link

__all__ = ["AuditRow", "Link"]
