"""Sees the HTTP answers beneath apprise, whose plug-ins tell only yes or no.

apprise speaks through `requests`, and each plug-in opens a session of its own, so there is one
place where every answer passes: `requests.Session.send`. It is wrapped once, and reports to whoever
watches in the same context; without a watcher it does nothing. Knows nothing of messages.
"""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import Any

import requests

# Error objects of chat robots are a line; more is a page of somebody's proxy.
_BODY_BYTES_MAX = 4096


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


_WATCHED: ContextVar[list[Answer] | None] = ContextVar("watched", default=None)


def watch() -> list[Answer]:
    """Return a list that fills with the answers which this context sees from now on."""
    _install()
    answers: list[Answer] = []
    _WATCHED.set(answers)
    return answers


def _install() -> None:
    plain: Callable[..., requests.Response] = requests.Session.send
    if hasattr(plain, "watched"):
        return

    @wraps(plain)
    def send(*arguments: Any, **options: Any) -> requests.Response:  # noqa: ANN401 - as it is
        response = plain(*arguments, **options)
        answers = _WATCHED.get()
        if answers is not None:
            body = b"" if options.get("stream") else response.content[:_BODY_BYTES_MAX]
            answers.append(Answer(response.status_code, response.headers, body))
        return response

    send.watched = True  # type: ignore[attr-defined]  # our own mark
    requests.Session.send = send  # type: ignore[method-assign]  # see the module's docstring
