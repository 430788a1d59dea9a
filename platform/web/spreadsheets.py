"""CSV that a spreadsheet opens as it was written: UTF-8 for all, and no text that it would compute.

The one guard against formulas: every file of ours that a spreadsheet may open is written through it.
"""

import csv as library
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from django.utils import translation

BOM = "\ufeff"  # by it, Excel takes the file for UTF-8
# Spreadsheets in Chinese and Japanese compute the wide signs as well.
_FORMULA = (*"=+-@\t\r\n", *"＝＋－＠")
_CHUNK = 500


def csv(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """A table in pieces, to be streamed, with heads in the language of whoever asks now."""
    first = [translation.gettext(head) for head in heads]

    def pieces() -> Iterator[bytes]:
        yield BOM.encode() + lines([first])
        waiting = iter(rows)
        while chunk := list(islice(waiting, _CHUNK)):
            yield lines(chunk)

    return pieces()


def lines(rows: Iterable[Sequence[Any]]) -> bytes:
    """Rows as CSV, without the mark that a file begins with; texts are harmless, numbers stay numbers."""
    written = io.StringIO()
    table = library.writer(written)
    table.writerows([harmless(cell) for cell in row] for row in rows)
    return written.getvalue().encode()


def harmless(cell: Any) -> Any:
    """The cell; a text that would be computed is marked as one."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
