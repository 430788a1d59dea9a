"""Beat's schedules. Pages that libraries bring along are taken away: nobody needs two of a thing."""

from datetime import time, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_celery_beat.models import PeriodicTask
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from kernel import clock
from kernel.actors import Actor
from merchants.admin.trails import trail_of
from web.backoffice import Deed, Reading, badge, deed, display

from ..operators import rhythms

_OURS = (
    *("audit", "keyway", "ledger", "merchants", "outbox", "payments", "risk", "settlement", "subscriptions"),
    *("vault", "web", "webhooks"),
)

for _model in [model for model in admin.site._registry if model._meta.app_label not in _OURS]:
    admin.site.unregister(_model)


class Rhythm(Deed):
    """Every so many seconds, or once a day."""

    seconds = forms.IntegerField(
        label=_("Every so many seconds"),
        required=False,
        min_value=1,
        max_value=86_400,
        widget=UnfoldAdminIntegerFieldWidget(),
    )
    at = forms.TimeField(
        label=_("Or daily at (Beijing time)"),
        required=False,
        widget=UnfoldAdminTextInputWidget({"placeholder": "00:10"}),
    )
    field_order = ("seconds", "at", "reason")

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if bool(typed.get("seconds")) == (typed.get("at") is not None):
            self.add_error("seconds", _("Fill in one of the two."))
        return typed


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(Reading):
    """What runs by itself: switched and timed here."""

    list_display = ("name", "task", "rhythm", "enabled", "last_run_at", "late", "total_run_count")
    list_display_links = ("name",)
    ordering = ("name",)
    search_fields = ()
    actions_detail = ("change_rhythm", "switch_off", "switch_on")
    fields = readonly_fields = (
        "name",
        "task",
        "rhythm",
        "enabled",
        "last_run_at",
        "late",
        "total_run_count",
        "trail",
    )

    @display(description=_("Rhythm"))
    def rhythm(self, task: PeriodicTask) -> str:
        if task.interval is not None:
            every = timedelta(**{task.interval.period: task.interval.every})
            return gettext("every {n} s").format(n=int(every.total_seconds()))
        at = task.crontab
        if at is not None and at.hour.isdigit() and at.minute.isdigit():
            return gettext("daily at {time}").format(time=f"{int(at.hour):02}:{int(at.minute):02}")
        return str(at or "—")

    @display(description=_("Late by"))
    def late(self, task: PeriodicTask) -> SafeString | str:
        overdue, now = rhythms.lag(task), clock.now()
        return badge(timesince(now - overdue, now), "danger") if overdue else "—"

    @display(description=_("Deeds"))
    def trail(self, task: PeriodicTask) -> SafeString:
        return trail_of(rhythms.subject_of(task)[1])

    @deed(
        _("Change the rhythm"),
        permission="django_celery_beat.change_periodictask",
        icon="schedule",
        form=Rhythm,
        says=_("Beat goes by it within seconds. A changed rhythm stays when Keyway is updated."),
    )
    def change_rhythm(
        self, actor: Actor, task: PeriodicTask, *, seconds: int | None, at: time | None, reason: str
    ) -> str:
        if at is not None:
            rhythms.set_daily(task, at, actor=actor, reason=reason)
        else:
            rhythms.set_every(task, timedelta(seconds=seconds or 1), actor=actor, reason=reason)
        return gettext("The rhythm was changed.")

    @deed(
        _("Switch off"),
        permission="django_celery_beat.change_periodictask",
        icon="toggle_off",
        variant=ActionVariant.DANGER,
        says=_("It does not run by itself any more. Work waits in the database meanwhile."),
        fits=lambda task: task.enabled,
    )
    def switch_off(self, actor: Actor, task: PeriodicTask, *, reason: str) -> str:
        rhythms.switch(task, enabled=False, actor=actor, reason=reason)
        return gettext("The schedule was switched off.")

    @deed(
        _("Switch on"),
        permission="django_celery_beat.change_periodictask",
        icon="toggle_on",
        variant=ActionVariant.SUCCESS,
        says=_("It runs by itself again."),
        fits=lambda task: not task.enabled,
    )
    def switch_on(self, actor: Actor, task: PeriodicTask, *, reason: str) -> str:
        rhythms.switch(task, enabled=True, actor=actor, reason=reason)
        return gettext("The schedule was switched on.")
