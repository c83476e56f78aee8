"""Logs as one JSON object a line, without personal data."""

import json
import logging
import traceback
from datetime import UTC, datetime


class JsonFormatter(logging.Formatter):
    """Format a record as JSON: time (UTC, ISO 8601), level, logger, message, what was answered, stack.

    Of an exception only its type and the places it went through are kept: its message, and the
    arguments of records about a request (Django's and gunicorn's), can quote what a person typed.
    """

    def format(self, record):
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": _unquoted(record) if _is_about_request(record) else record.getMessage(),
        }
        if hasattr(record, "status_code"):
            entry["status"] = record.status_code
        if record.exc_info and record.exc_info[0]:
            entry["exception"] = record.exc_info[0].__qualname__
            entry["stack"] = [
                f"{frame.filename}:{frame.lineno} {frame.name}"
                for frame in traceback.extract_tb(record.exc_info[2])
            ]
        return json.dumps(entry, ensure_ascii=False, default=str)


def _unquoted(record):
    """What it says but for its arguments, and for what gunicorn quotes of a request that it cannot read."""
    return str(record.msg).partition(" from ip=")[0]


def _is_about_request(record):
    return hasattr(record, "request") or (
        record.name == "gunicorn.error" and record.levelno >= logging.WARNING
    )
