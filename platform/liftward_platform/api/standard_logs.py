"""Passes what libraries log with the standard library on to our structured logs."""

import logging

import structlog

# Below this libraries chat; what they warn of can matter (a pool that cannot connect).
_LEVEL = logging.WARNING


class _ToStructlog(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger().log(
            record.levelno,
            "library_log",
            library=record.name,
            message=record.getMessage(),
            exc_info=record.exc_info,
        )


def forward_standard_logs() -> None:
    """Make structlog the only place where logs come out."""
    logging.basicConfig(level=_LEVEL, handlers=[_ToStructlog()], force=True)
