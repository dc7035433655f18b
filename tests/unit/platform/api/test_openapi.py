"""The OpenAPI document in git is the one the endpoints make."""

import json
from pathlib import Path
from typing import Any

from liftward_platform.api.openapi import DEFAULT_FILE, openapi_text

ROOT = Path(__file__).parents[4]


def operations() -> dict[str, dict[str, Any]]:
    paths = json.loads(openapi_text())["paths"]
    return {
        f"{method.upper()} {path}": operation
        for path, methods in paths.items()
        for method, operation in methods.items()
    }


def test_the_kept_document_is_up_to_date() -> None:
    """Clients are made from it: run `python -m liftward_platform.api.openapi` after a change."""
    assert (ROOT / DEFAULT_FILE).read_text(encoding="utf-8") == openapi_text()


def test_every_operation_describes_its_refusals() -> None:
    """What is not a success is a problem document everywhere, validation included."""
    for name, operation in operations().items():
        assert "application/problem+json" in operation["responses"]["default"]["content"], name
        assert "422" not in operation["responses"], name


def test_every_command_of_a_rescue_may_be_repeated_safely() -> None:
    """Each POST about orders and incidents takes an Idempotency-Key."""
    commands = {
        name: operation
        for name, operation in operations().items()
        if name.startswith(("POST /api/orders", "POST /api/incidents"))
    }
    without = [
        name
        for name, operation in commands.items()
        if "Idempotency-Key" not in {one["name"] for one in operation.get("parameters", [])}
    ]

    assert len(commands) >= 8
    assert without == []
