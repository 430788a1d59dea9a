"""Texts that a merchant writes in Chinese, in English, or in both."""

from typing import Any

from django.utils.translation import get_language


class Bilingual:
    """A readable attribute over `<name>_zh` and `<name>_en`: the reader's language, else the filled one."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._zh, self._en = f"{name}_zh", f"{name}_en"

    def __get__(self, row: Any, owner: type | None = None) -> str:
        if row is None:
            return ""
        return pick(getattr(row, self._zh), getattr(row, self._en))


def pick(zh: str, en: str) -> str:
    """The text in the language of the reader, else the other one."""
    return (zh or en) if (get_language() or "").startswith("zh") else (en or zh)
