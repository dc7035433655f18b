"""`python -m liftward_platform.api.openapi [FILE]`: write the API's OpenAPI document.

docs/openapi.json is kept in git and compared with this in a test: clients are made from it.
"""

import json
import sys
from pathlib import Path
from typing import Any

from liftward_kit.settings import Secret
from liftward_platform.api.app import create_app
from liftward_platform.api.problems import PROBLEM_MEDIA_TYPE
from liftward_platform.api.settings import ApiSettings

_PROBLEM = {"$ref": "#/components/schemas/ProblemOut"}
DEFAULT_FILE = Path("docs/openapi.json")


def openapi_text() -> str:
    """Return the document as it is kept: the same text for the same endpoints."""
    app = create_app(ApiSettings(dsn=Secret("")))
    document = app.openapi()
    for operation in _operations(document):
        # FastAPI writes the media type of the route's success beside every model.
        operation["responses"]["default"]["content"] = {PROBLEM_MEDIA_TYPE: {"schema": _PROBLEM}}
    document["info"]["version"] = "v1"  # the interface's version; the program's changes more often
    return json.dumps(document, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def _operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [operation for path in document["paths"].values() for operation in path.values()]


def main(arguments: list[str]) -> None:
    """Write the document."""
    file = Path(arguments[0]) if arguments else DEFAULT_FILE
    file.write_text(openapi_text(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
