"""What a person reads stands in both languages."""

import re

import pytest

from keyway import catalogue
from keyway.env import ROOT

TEMPLATES = sorted(path.relative_to(ROOT) for path in (ROOT / "templates").rglob("*.html"))
_SILENT = re.compile(
    r"{%\s*(?:comment).*?{%\s*endcomment\s*%}|{#.*?#}|<!--.*?-->|<(script|style|svg)\b.*?</\1>"
    r"|{%\s*(blocktranslate|blocktrans)\b.*?{%\s*end\2\s*%}|{%.*?%}|{{.*?}}",
    re.DOTALL,
)
_SHOWN = re.compile(r">([^<>]*)<|\b(?:placeholder|title|alt|aria-label)=\"([^\"]*)\"")
_WORD = re.compile(r"[A-Za-z]{2,}|[\u4e00-\u9fff]")
# Names are the same in every language.
_NAMES = re.compile(r"\b(?:Keyway|English|TXT|CSV|XLSX|QR|UTC|ID|API)\b|简体中文")


def test_every_string_has_its_chinese():
    missing = catalogue.untranslated(catalogue.updated())
    assert [message.id for message in missing] == []


def test_the_catalogue_on_disk_is_what_the_code_says():
    assert catalogue.FILE.read_bytes() == catalogue.rendered(catalogue.updated())


@pytest.mark.parametrize("template", TEMPLATES, ids=str)
def test_a_template_shows_no_text_that_is_not_translated(template):
    text = f">{_SILENT.sub('', (ROOT / template).read_text(encoding='utf-8'))}<"
    shown = [part.strip() for match in _SHOWN.finditer(text) for part in match.groups() if part]
    assert [part for part in shown if _WORD.search(_NAMES.sub("", part))] == []
