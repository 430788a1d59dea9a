"""Settlement in the back office."""

from . import plan

__all__ = ["plan"]
