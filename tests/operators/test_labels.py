"""Every label of the back office in Chinese: of lists, filters, rows, their inlines and the deeds' forms."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.utils import flatten_fieldsets, label_for_field
from django.db.models import Model
from django.http import HttpRequest
from django.test import RequestFactory
from django.utils import translation

from merchants.models import User
from tests.operators.test_every_deed import KINDS
from web.backoffice.deeds import Deed

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
CHINESE = re.compile("[\u4e00-\u9fff]")
SAME_IN_CHINESE = {"", "ID", "MRR"}


@pytest.fixture
def request_of_boss() -> HttpRequest:
    request = RequestFactory().get("/ops/")
    request.user = User(is_staff=True, is_superuser=True)
    return request


def labels(model: type[Model], pages: ModelAdmin, request: HttpRequest) -> Iterator[str]:
    """What stands over the columns and before the values of one table's pages."""
    yield from (str(model._meta.verbose_name), str(model._meta.verbose_name_plural))
    yield from (str(label_for_field(name, model, pages)) for name in pages.get_list_display(request))
    yield from (str(name or "") for name, _ in pages.get_fieldsets(request))
    yield from fields(model, pages, request)
    yield from (str(title(each, model, pages)) for each in pages.get_list_filter(request))
    yield from (
        str(getattr(pages, name).short_description) for kind in KINDS for name in getattr(pages, kind)
    )
    for inline in pages.get_inline_instances(request):
        yield str(inline.verbose_name_plural or inline.model._meta.verbose_name_plural)
        yield from fields(inline.model, inline, request)


def fields(model: type[Model], pages: BaseModelAdmin, request: HttpRequest) -> Iterator[str]:
    names = flatten_fieldsets(pages.get_fieldsets(request))
    yield from (str(label_for_field(name, model, pages)) for name in names)


def title(listed: Any, model: type[Model], pages: ModelAdmin) -> Any:
    """What stands over a filter."""
    return label_for_field(listed, model, pages) if isinstance(listed, str) else listed.title


def forms(of: type[Deed] = Deed) -> Iterator[type[Deed]]:
    """Every form of a deed."""
    yield of
    for each in of.__subclasses__():
        yield from forms(each)


def foreign(said: Iterable[str]) -> set[str]:
    return {label for label in set(said) - SAME_IN_CHINESE if not CHINESE.search(label)}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_every_label_is_chinese(model: type[Model], request_of_boss: HttpRequest):
    with translation.override("zh-hans"):
        assert foreign(labels(model, admin.site._registry[model], request_of_boss)) == set()


def test_every_field_that_a_deed_asks_for_is_chinese():
    with translation.override("zh-hans"):
        asked = [field for form in forms() for name, field in form.base_fields.items() if name[0] != "_"]
        assert foreign(str(words) for field in asked for words in (field.label, field.help_text)) == set()
    assert len(asked) > 20
