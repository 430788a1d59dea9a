"""What templates are built of. Money, times and states are shown by these and by nothing else."""

from datetime import datetime
from typing import Any

from django import template
from django.conf import settings
from django.forms import BaseForm, BoundField
from django.http import HttpRequest, QueryDict
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, ngettext

from kernel import clock
from kernel.money import Money
from web import codes, markdown
from web.charts import Chart
from web.vocabulary import word

register = template.Library()


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """An icon of the sprite, for decoration: a word stands beside it. `size`: s (16), l (24) or none (20)."""
    kind = f"icon icon-{size}" if size else "icon"
    return format_html(
        '<svg class="{}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        kind,
        static("icons.svg"),
        name,
    )


@register.simple_tag
def pill(kind: str, state: str) -> SafeString:
    """A state as icon, word and colour: `{% pill "payment" order.payment_state %}`."""
    known = word(kind, str(state))
    return format_html(
        '<span class="pill tone-{}">{}{}</span>', known.tone, icon(known.icon), gettext(known.text)
    )


@register.filter
def money(amount: Money | None) -> SafeString:
    """An amount in the reader's language: `¥1,234.50`, in English `CN¥1,234.50`."""
    if amount is None:
        return SafeString("—")
    return format_html('<span class="money">{}</span>', plain_money(amount))


@register.filter
def plain_money(amount: Money) -> str:
    """The same without markup, for attributes, titles and plain-text mail."""
    return amount.format(get_language() or settings.LANGUAGE_CODE)


@register.filter
def moment(at: datetime | None) -> SafeString:
    """A time on the shop's clock; the zone stands in the title."""
    if at is None:
        return SafeString("—")
    local = timezone.localtime(at)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        at.isoformat(timespec="seconds"),
        gettext("{time} (Beijing time)").format(time=local.strftime("%Y-%m-%d %H:%M:%S")),
        local.strftime("%Y-%m-%d %H:%M"),
    )


@register.filter
def plain_moment(at: datetime) -> str:
    """A time with its zone, for plain-text mail."""
    local = timezone.localtime(at)
    return gettext("{time} (Beijing time)").format(time=local.strftime("%Y-%m-%d %H:%M"))


@register.filter
def ago(at: datetime) -> SafeString:
    """How long ago in one unit; the exact time stands in the title."""
    minutes = max(0, int((clock.now() - at).total_seconds() // 60))
    if minutes < 1:
        said = gettext("just now")
    elif minutes < 60:
        said = ngettext("{n} minute ago", "{n} minutes ago", minutes).format(n=minutes)
    elif minutes < 1440:
        said = ngettext("{n} hour ago", "{n} hours ago", minutes // 60).format(n=minutes // 60)
    else:
        said = ngettext("{n} day ago", "{n} days ago", minutes // 1440).format(n=minutes // 1440)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', at.isoformat(timespec="seconds"), plain_moment(at), said
    )


@register.filter(name="markdown")
def as_html(text: str) -> SafeString:
    """A merchant's Markdown as a small and safe part of HTML."""
    return mark_safe(markdown.render(text))  # noqa: S308 - cleaned by an allow-list


@register.simple_tag
def qr(text: str, label: str) -> SafeString:
    """A QR code of `text`; `label` is read aloud in its place."""
    return mark_safe(codes.svg(text, label=label))  # noqa: S308 - segno escapes; text becomes modules


@register.inclusion_tag("components/copy.html")
def copy(text: str, label: str) -> dict[str, str]:
    """A value with a button that copies it. `label` names the value for who cannot see it."""
    return {"text": text, "label": label}


@register.inclusion_tag("components/chart.html")
def chart(drawn: Chart) -> dict[str, Any]:
    """A chart with its definition and its table. The page's `scripts` block loads `js/charts.js`, once."""
    return {"chart": drawn, "figures": f"{drawn.name}-figures"}


@register.inclusion_tag("components/field.html")
def field(bound: BoundField, hint: str = "", optional: bool = False) -> dict[str, Any]:
    """A form field with its label, hint and errors, tied together for assistive technology."""
    described = [f"{bound.id_for_label}-hint"] if hint or bound.help_text else []
    if bound.errors:
        described.append(f"{bound.id_for_label}-error")
    attributes: dict[str, str | bool] = {"aria-describedby": " ".join(described)} if described else {}
    if bound.errors:
        attributes["aria-invalid"] = "true"
    return {
        "field": bound,
        "widget": bound.as_widget(attrs=attributes),
        "hint": hint or bound.help_text,
        "optional": optional,
        "is_check": bound.widget_type == "checkbox",
    }


@register.inclusion_tag("components/errors.html")
def error_summary(form: BaseForm) -> dict[str, Any]:
    """What is wrong with a form, above it, with links to the fields. It takes the focus."""
    rows = [
        (form[name].id_for_label, form[name].label, said)
        for name, said in form.errors.items()
        if name in form.fields
    ]
    return {"rows": rows, "others": form.non_field_errors()}


@register.inclusion_tag("components/switches.html", takes_context=True)
def switches(context: template.Context, *, bare: bool = False) -> dict[str, Any]:
    """Links that change language and theme, each named in its own language.

    They keep the rest of the query, which only the page itself reads; `bare` drops it: an error page has no
    use for it, and need not repeat what somebody wrote into a link.
    """
    request: HttpRequest = context["request"]
    query = QueryDict() if bare else request.GET
    languages = [
        {"code": code, "name": name, "tag": tag, "url": _with(query, "lang", code)}
        for code, name, tag in (("zh", "简体中文", "zh-CN"), ("en", "English", "en"))
        if not (get_language() or "").startswith(code)
    ]
    chosen = str(context.get("theme", "auto"))
    following = {"auto": "light", "light": "dark", "dark": "auto"}[chosen]
    return {"languages": languages, "theme": chosen, "theme_url": _with(query, "theme", following)}


@register.inclusion_tag("components/nav_link.html", takes_context=True)
def nav_link(
    context: template.Context, url: str, symbol: str, label: str, exact: bool = False, query: str = ""
) -> dict[str, Any]:
    """An entry of a navigation. It is the current one where the address begins with its own.

    `query` goes with it: `?store=…`.
    """
    path = context["request"].path
    return {
        "url": f"{url}{query}",
        "symbol": symbol,
        "label": label,
        "current": path == url if exact else path.startswith(url),
    }


@register.inclusion_tag("components/pages.html", takes_context=True)
def pages(context: template.Context, page: Any) -> dict[str, Any]:
    """Older and newer, for a Django page object; keeps the other parts of the query."""
    request: HttpRequest = context["request"]
    return {
        "page": page,
        "newer": _with(request.GET, "page", page.previous_page_number()) if page.has_previous() else "",
        "older": _with(request.GET, "page", page.next_page_number()) if page.has_next() else "",
    }


def _with(asked: QueryDict, name: str, value: object) -> str:
    """This address with one part of its query changed. Only the query: a path could begin with a host."""
    query = asked.copy()
    for passing in ("lang", "theme"):
        query.pop(passing, None)
    query[name] = str(value)
    return f"?{query.urlencode()}"
