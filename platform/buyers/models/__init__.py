"""The tables of buyers."""

from .buyer import Buyer, FormerEmail
from .code import Code, Purpose
from .consent import Consent, ConsentText

__all__ = ["Buyer", "Code", "Consent", "ConsentText", "FormerEmail", "Purpose"]
