"""Errors of the platform, sorted by what the caller can do.

DomainError                 the request was understood and refused; carries status and code
+-- NotFoundError     404   name something that exists
+-- ForbiddenError    403   ask someone whose role allows it
+-- UnauthorizedError 401   sign in
+-- ConflictError     409   look again: the state is not what you thought
+-- InvalidError      422   well-formed, but not a value that can be accepted
"""

from typing import Any, ClassVar


class DomainError(Exception):
    """A refusal with a machine-readable `code`, a sentence, and an HTTP status."""

    status: ClassVar[int] = 500

    def __init__(self, code: str, detail: str, **extra: Any) -> None:  # noqa: ANN401 - JSON values
        super().__init__(detail)
        self.code, self.detail, self.extra = code, detail, extra


class NotFoundError(DomainError):
    status = 404


class ForbiddenError(DomainError):
    status = 403


class UnauthorizedError(DomainError):
    status = 401


class ConflictError(DomainError):
    status = 409


class InvalidError(DomainError):
    status = 422
