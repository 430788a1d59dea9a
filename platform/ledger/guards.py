"""The guards that an app's migrations and models put into the database: are they all there, and switched on?

They are read off the migrations themselves, so that no list has to be kept, and none can forget one.
"""

import re

from django.apps import AppConfig
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import RunSQL

_STEPS = re.compile(
    r"CREATE\s+(?:CONSTRAINT\s+)?TRIGGER\s+(?P<trigger>\w+)\s.*?\sON\s+(?P<table>\w+)"
    r"|DROP\s+TRIGGER\s+(?:IF\s+EXISTS\s+)?(?P<no_trigger>\w+)\s+ON\s+(?P<of>\w+)"
    r"|ADD\s+CONSTRAINT\s+(?P<constraint>\w+)|DROP\s+CONSTRAINT\s+(?:IF\s+EXISTS\s+)?(?P<no_constraint>\w+)",
    re.DOTALL | re.IGNORECASE,
)


def of(app: AppConfig) -> set[tuple[str, str, str]]:
    """What must stand: (trigger, its name, its table) and (constraint, its name, nothing)."""
    found: set[tuple[str, str, str]] = set()
    loader = MigrationLoader(None, ignore_no_migrations=True)
    names = sorted(name for label, name in loader.disk_migrations if label == app.label)
    for name in names:
        for operation in loader.disk_migrations[app.label, name].operations:
            if isinstance(operation, RunSQL):
                _follow(str(operation.sql), found)
    for model in app.get_models():
        found |= {("constraint", each.name, "") for each in model._meta.constraints}
    return found


def _follow(sql: str, found: set[tuple[str, str, str]]) -> None:
    for step in _STEPS.finditer(sql):
        if step["trigger"]:
            found.add(("trigger", step["trigger"], step["table"]))
        elif step["no_trigger"]:
            found.discard(("trigger", step["no_trigger"], step["of"]))
        elif step["constraint"]:
            found.add(("constraint", step["constraint"], ""))
        else:
            found.discard(("constraint", step["no_constraint"], ""))


def missing(app: AppConfig) -> str:
    """The query for those of an app that are gone or switched off; empty for an app without guards."""
    wanted = ", ".join(f"('{what}', '{name}', '{table}')" for what, name, table in sorted(of(app)))
    if not wanted:
        return ""
    return f"""
        SELECT what, name, tab FROM (VALUES {wanted}) AS wanted (what, name, tab)
        WHERE (what, name, tab) NOT IN (
            SELECT 'trigger', tgname::text, c.relname::text
                FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE t.tgenabled IN ('O', 'A')
            UNION ALL SELECT 'constraint', conname::text, '' FROM pg_constraint WHERE convalidated
            UNION ALL SELECT 'constraint', c.relname::text, '' FROM pg_class c
                JOIN pg_index i ON i.indexrelid = c.oid WHERE i.indisunique AND i.indisvalid)
    """  # noqa: S608 (names of our own migrations)
