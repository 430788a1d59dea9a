"""The tables of merchants, a noun a file."""

from .user import User

__all__ = ["User"]
