"""The truth file's lines as a JSON Schema, generated from the types.

`python -m liftward_simulator.outputs.truth_schema docs/truth.schema.json` writes the committed
copy; a test fails when that differs from what the types say.
"""

import json
import sys
from inspect import cleandoc
from pathlib import Path
from typing import Any

from msgspec.json import schema

from liftward_simulator.outputs.truth_records import TruthRecord


def truth_schema() -> dict[str, Any]:
    """Return the schema of one line of a truth file."""
    document = schema(TruthRecord)
    for definition in document["$defs"].values():
        if "description" in definition:
            definition["description"] = cleandoc(definition["description"])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "One line of a Liftward truth file",
        **document,
    }


def schema_text() -> str:
    """Return the schema as it stands in the file."""
    return json.dumps(truth_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(schema_text(), encoding="utf-8")
