"""Structured logs: one event a line, for people or as JSON, without secrets or what players wrote.

A record's message is the event's name or a short fixed sentence; everything that varies travels in
``extra`` and comes out as fields.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Any, Literal, TextIO

LogFormat = Literal["text", "json"]

ROOT = "worldsdk"

SECRET_FIELDS = frozenset(
    (
        "token",
        "resume",
        "authorization",
        "secret",
        "private",
        "password",
        "cookie",
        "prompt",
        "text",
        "headers",
    )
)
"""Fields that are never written, whatever they hold."""

HIDDEN = "[hidden]"

MAX_VALUE = 200
"""Characters of one field: a log line is no place for what somebody sent."""

_TOKENS = re.compile(r"eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){0,2}")
_BEARER = re.compile(r"(?i)(bearer\s+)\S+")
_QUERY = re.compile(r"(?i)([?&](?:token|access_token|jwt|auth|api_key|key|resume)=)[^&\s'\"]*")

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def configure(
    style: LogFormat = "text", *, level: str = "INFO", stream: TextIO | None = None
) -> logging.Handler:
    """Sends the logs of worldsdk and websockets to ``stream``, stderr by default, in place of before."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines() if style == "json" else Readable())
    for name in (ROOT, "websockets"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = False
        logger.setLevel(level)
    # Every scan of a port would be a line with a traceback.
    logging.getLogger("websockets").setLevel(max(logging.CRITICAL, logging.getLogger(ROOT).level))
    return handler


class JsonLines(logging.Formatter):
    """``{"time", "level", "logger", "event", ...fields}`` on one line."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC)
        line = {
            "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": _one_line(scrub(record.getMessage())),
            **fields_of(record),
        }
        if record.exc_info:
            line["trace"] = scrub(self.formatException(record.exc_info))
        return json.dumps(line, default=str)


class Readable(logging.Formatter):
    """``12:34:56.789 warning event  field=value``; a traceback follows on its own lines."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created)
        fields = " ".join(f"{name}={value}" for name, value in fields_of(record).items())
        head = f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03d} {record.levelname.lower():<7}"
        line = f"{head} {_one_line(scrub(record.getMessage()))}  {fields}".rstrip()
        if record.exc_info:
            line += "\n" + scrub(self.formatException(record.exc_info))
        return line


def fields_of(record: logging.LogRecord) -> dict[str, Any]:
    """What was given as ``extra``: numbers and truths as they are, the rest as short clean text."""
    return {
        name: HIDDEN if name.lower() in SECRET_FIELDS else _plain(value)
        for name, value in vars(record).items()
        if name not in _STANDARD and not name.startswith("_")
    }


def scrub(text: str) -> str:
    """``text`` without anything that looks like a token."""
    text = _TOKENS.sub(HIDDEN, text)
    text = _BEARER.sub(rf"\1{HIDDEN}", text)
    return _QUERY.sub(rf"\1{HIDDEN}", text)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    # A line break in a name that a visitor chose would forge a line.
    text = _one_line(scrub(str(value)))
    return text if len(text) <= MAX_VALUE else text[:MAX_VALUE] + "..."


def _one_line(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)
