"""Log lines: JSON in production, short lines elsewhere; the same redaction for ours and for the libraries'.

Traces are plain: one with local variables would print secrets. The number of the request stands in every line
that is written during one (`web.middleware.Envelope` binds it).
"""

import logging.config
from typing import Any

import structlog

from .redaction import redact

# These speak at INFO of every request or task, with addresses and arguments.
_TALKATIVE = ("celery.app.trace", "celery.beat", "celery.worker.strategy", "urllib3", "PIL", "asyncio")
_FOREIGN_LENGTH = 200


class _Traceless(logging.Filter):
    """Takes the trace from a record, and what is long in it: it was said by somebody out there."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.exc_info = None
        record.msg, record.args = record.getMessage()[:_FOREIGN_LENGTH], ()
        return True


def configure(*, as_json: bool) -> None:
    """Set up structlog and the standard library's logging for this process."""
    before: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    after: list[Any] = [structlog.processors.format_exc_info, redact, _renderer(as_json=as_json)]
    structlog.configure(processors=[*before, *after], cache_logger_on_first_use=False)
    foreign = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": [*before, structlog.stdlib.add_logger_name],
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *after],
    }
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"keyway": foreign},
            "filters": {"traceless": {"()": _Traceless}},
            "handlers": {
                "lines": {
                    "class": "logging.StreamHandler",
                    "formatter": "keyway",
                    "stream": "ext://sys.stdout",
                }
            },
            "root": {"level": "INFO", "handlers": ["lines"]},
            "loggers": {
                **{name: {"level": "WARNING"} for name in _TALKATIVE},
                # Said again by web.problems, with the number of the request and without its address.
                "django.request": {"level": "CRITICAL"},
                # Any scanner causes this one: a line says all there is to say.
                "django.security.DisallowedHost": {"filters": ["traceless"]},
            },
        }
    )


def _renderer(*, as_json: bool) -> Any:
    if as_json:
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(
        colors=False, pad_event_to=0, exception_formatter=structlog.dev.plain_traceback
    )
