"""The tables of settlement."""

from .plan import FeePlanVersion

__all__ = ["FeePlanVersion"]
