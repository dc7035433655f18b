"""The one refusal that only signing in knows."""

from datetime import timedelta
from typing import ClassVar

from liftward_platform.errors import DomainError


class TooManySignInsError(DomainError):
    """Too many wrong secrets; `retry_after_s` says when the next try is looked at."""

    status: ClassVar[int] = 429

    def __init__(self, *, retry_after: timedelta) -> None:
        seconds = max(1, int(retry_after.total_seconds()) + 1)
        super().__init__(
            "too_many_sign_ins",
            f"too many wrong secrets for this account: try again in {seconds} s",
            retry_after_s=seconds,
        )
