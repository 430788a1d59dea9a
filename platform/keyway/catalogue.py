"""The translation catalogue: which strings the code says, and which of them nobody has translated.

English is written in the code; the Chinese stands in `locale/zh_Hans/LC_MESSAGES/django.po`. Babel reads
Python and writes the catalogue; Django turns a template into something that Babel can read.
"""

from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path

import django
import unfold
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from keyway.env import ROOT

SOURCES = ("platform", "merchants", "risk", "settlement", "payments", "templates")
LANGUAGE = "zh_Hans"
FILE = ROOT / "platform" / "keyway" / "locale" / LANGUAGE / "LC_MESSAGES" / "django.po"
_KEYWORDS: dict[str, None] = dict.fromkeys(
    [
        *("said", "_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"),
        *("pgettext", "pgettext_lazy", "npgettext"),
    ]
)


def _files() -> Iterator[Path]:
    for source in SOURCES:
        for path in sorted((ROOT / source).rglob("*")):
            if path.suffix in {".py", ".html", ".txt"} and "migrations" not in path.parts:
                yield path


def _strings(path: Path) -> Iterator[tuple[str | tuple[str, ...], str | None]]:
    """What one file says: a string or its singular and plural, and its context."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        # Within parentheses a tokenizer does not mind how a template is indented.
        text = f"({templatize(text, origin=str(path))})"
    for _line, name, said, _comments in extract_python(BytesIO(text.encode()), _KEYWORDS, (), {}):
        function = str(name or "")
        words = list(said) if isinstance(said, tuple | list) else [said]
        context = words.pop(0) if function.lstrip("n").startswith("pgettext") and words else None
        count = 2 if function.startswith("n") else 1
        if len(words) >= count and all(words[:count]):
            yield (str(words[0]) if count == 1 else (str(words[0]), str(words[1]))), context


@cache
def _django_knows() -> frozenset[str]:
    """What Django itself says in Chinese, by its own files: what is active holds ours as well."""
    known: set[str] = set()
    for path in Path(django.__file__).parent.rglob(f"locale/{LANGUAGE}/LC_MESSAGES/django.mo"):
        with path.open("rb") as file:
            known.update(str(m.id[0] if isinstance(m.id, tuple) else m.id) for m in read_mo(file) if m.string)
    return frozenset(known)


def extracted() -> Catalog:
    """Every string of our code, and of the admin's theme those that Django has no Chinese for."""
    catalog = Catalog(locale=LANGUAGE, domain="django", fuzzy=False)
    for path in _files():
        for string, context in _strings(path):
            catalog.add(string, context=context, locations=[(str(path.relative_to(ROOT)), 1)])
    for path in sorted(Path(unfold.__file__).parent.rglob("*")):
        if path.suffix in {".py", ".html"}:
            for string, context in _strings(path):
                key = string if isinstance(string, str) else string[0]
                if catalog.get(string, context) is None and key not in _django_knows():
                    catalog.add(string, context=context, locations=[("unfold", 1)])
    return catalog


def stored() -> Catalog:
    """The catalogue as it is on disk."""
    return _read(FILE) if FILE.exists() else Catalog(locale=LANGUAGE, domain="django", fuzzy=False)


def _read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=LANGUAGE, domain="django")


def updated() -> Catalog:
    """What should be on disk: every string of the code, with the translations that exist."""
    catalog = stored()
    catalog.update(extracted(), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    return catalog


def untranslated(catalog: Catalog) -> list[Message]:
    """The messages that have no Chinese."""
    return [
        m
        for m in catalog
        if m.id and (m.fuzzy or not m.string or (isinstance(m.string, tuple) and not all(m.string)))
    ]


def rendered(catalog: Catalog) -> bytes:
    """The catalogue as the file holds it: sorted and without dates; it changes only when a string does."""
    buffer = BytesIO()
    write_po(buffer, catalog, sort_output=True, omit_header=False, width=110, include_lineno=False)
    lines = buffer.getvalue().decode().splitlines(keepends=True)
    drop = ('"POT-Creation-Date', '"PO-Revision-Date', '"Generated-By', '"Last-Translator', '"Language-Team')
    return "".join(line for line in lines if not line.startswith((*drop, "# "))).encode()
