"""What every page of the back office is built of: lists that are only read, and deeds that need a reason.

Nobody edits a row here. A change is a deed: a dialog with its fields and a reason, one call of a service, and
the service's own audit row. What the service refuses stands in the dialog, with what was typed.

pages   lists and rows, to be read and searched
deeds   buttons with a dialog
words   states, amounts, links and tables, as people read them
"""

from django.contrib.admin import SimpleListFilter
from unfold.decorators import display

from .deeds import Deed, actor_of, deed
from .pages import Inline, Reading, by, named, of
from .words import badge, badges, link, money, pill, table, yes

__all__ = [
    "Deed", "Inline", "Reading", "SimpleListFilter", "actor_of", "badge", "badges", "by", "deed", "display",
    "link", "money", "named", "of", "pill", "table", "yes",
]  # fmt: skip
