"""The template tags of all faces."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django import forms
from django.contrib.staticfiles import finders
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation

from kernel import clock
from kernel.money import Money
from web import vocabulary
from web.templatetags import ui

SPRITE = Path(finders.find("icons.svg")).read_text()


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def _drawn(text, **facts):
    return Template("{% load ui %}" + text).render(Context(facts))


@pytest.mark.parametrize(("language", "shown"), [("zh-hans", "¥1,234.50"), ("en", "CN¥1,234.50")])
def test_money_is_written_as_the_reader_writes_it(language, shown):
    with translation.override(language):
        assert shown in _drawn("{{ amount|money }}", amount=Money(123450, "CNY"))


def test_a_time_stands_on_the_shops_clock_with_its_zone_in_the_title():
    drawn = _drawn("{{ at|moment }}", at=datetime(2026, 11, 22, 8, 40, tzinfo=UTC))
    assert ">2026-11-22 16:40<" in drawn
    assert "Beijing time" in drawn


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(0, "just now"), (1, "1 minute ago"), (59, "59 minutes ago"), (60, "1 hour ago"), (3000, "2 days ago")],
)
def test_time_passed_is_said_in_one_unit(minutes, said):
    assert said in ui.ago(clock.now() - timedelta(minutes=minutes, seconds=5))


def test_a_state_is_icon_word_and_colour():
    drawn = _drawn('{% pill "payment" "paid" %}')
    assert "#check" in drawn
    assert ">Paid<" in drawn.replace("</svg>Paid", "</svg>>Paid")
    assert "tone-success" in drawn


def test_an_unheard_of_state_is_shown_and_not_hidden():
    assert "Unknown" in _drawn('{% pill "payment" "<b>" %}')


@pytest.mark.parametrize(
    ("kind", "state"), [(k, s) for k, states in vocabulary.WORDS.items() for s in states]
)
def test_every_word_has_a_tone_and_an_icon_of_the_sprite(kind, state):
    word = vocabulary.word(kind, state)
    assert f'id="{word.icon}"' in SPRITE
    assert word.tone in {"neutral", "info", "success", "warning", "danger"}


def test_a_qr_code_is_black_on_white_and_has_a_name():
    drawn = _drawn('{% qr "https://pay.example/x" "Pay & go" %}')
    assert 'role="img"' in drawn
    assert "#fff" in drawn
    assert "<title>Pay &amp; go</title>" in drawn


def test_a_copied_value_is_escaped():
    assert "<script>" not in _drawn("{% copy value 'key' %}", value="<script>")


class _Form(forms.Form):
    email = forms.EmailField(label="E-mail", help_text="For the keys.")


def test_a_wrong_field_names_its_error_to_assistive_technology():
    form = _Form({"email": "nobody"})
    drawn = _drawn("{% field form.email %}", form=form)
    assert 'aria-invalid="true"' in drawn
    assert 'aria-describedby="id_email-hint id_email-error"' in drawn
    assert 'id="id_email-error"' in drawn


def test_a_wrong_field_keeps_what_was_typed():
    assert 'value="nobody"' in _drawn("{% field form.email %}", form=_Form({"email": "nobody"}))


def test_the_summary_of_errors_links_to_the_fields():
    drawn = _drawn("{% error_summary form %}", form=_Form({"email": "nobody"}))
    assert 'href="#id_email"' in drawn
    assert 'role="alert"' in drawn


def test_a_form_without_errors_has_no_summary():
    assert _drawn("{% error_summary form %}", form=_Form({"email": "a@b.example"})).strip() == ""


def test_the_switches_keep_the_rest_of_the_address():
    request = RequestFactory().get("/s/shop/?q=a&lang=zh")
    drawn = Template("{% load ui %}{% switches %}").render(Context({"request": request, "theme": "light"}))
    assert 'href="?q=a&amp;lang=zh"' in drawn
    assert 'href="?q=a&amp;theme=dark"' in drawn


def test_what_somebody_wrote_into_a_link_stays_inside_the_query_of_the_switches():
    request = RequestFactory().get('//evil.example/?"><b>=1&next=//evil.example/&q=%22%3E%3Cscript%3E')
    drawn = Template("{% load ui %}{% switches %}").render(Context({"request": request, "theme": "light"}))
    links = re.findall(r'<a href="([^"]*)"', drawn)
    assert [link[0] for link in links] == ["?", "?"]
    assert "<b>" not in drawn
    assert "<script" not in drawn
    assert "//evil" not in drawn
