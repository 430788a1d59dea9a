"""The tables of settlement, a noun a file."""

from .bank_account import BankAccount
from .exchange_rate import ExchangeRate
from .payout import Payout
from .plan import FeePlanVersion
from .rail_account import RailAccount
from .schedule import Schedule
from .statement import Statement

__all__ = ["BankAccount", "ExchangeRate", "FeePlanVersion", "Payout", "RailAccount", "Schedule", "Statement"]
