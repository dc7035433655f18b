"""SQL kept as text beside the store that runs it.

A `queries.sql` holds named queries, each under a `-- name --` header followed by one comment line
that says what it is for. Tests prepare every one of them against the migrated schema.
"""

import re
from importlib.resources import files
from typing import LiteralString

_HEADER = re.compile(r"^-- (?P<name>[a-z][a-z0-9_]*) --$", re.MULTILINE)


def load_queries(package: str, file_name: str = "queries.sql") -> dict[str, LiteralString]:
    """Return the named queries of a package's SQL file.

    Raises
    ------
    ValueError
        When a name stands twice or a query has no text.
    """
    text = files(package).joinpath(file_name).read_text(encoding="utf-8")
    return parse_queries(text, source=f"{package}/{file_name}")


def parse_queries(text: str, *, source: str) -> dict[str, LiteralString]:
    """Split the text of an SQL file into its named queries."""
    headers = list(_HEADER.finditer(text))
    ends = [header.start() for header in headers[1:]] + [len(text)]
    queries: dict[str, LiteralString] = {}
    for header, end in zip(headers, ends, strict=True):
        name, body = header["name"], text[header.end() : end].strip()
        if name in queries or not body:
            raise ValueError(f"{source}: query {name!r} stands twice or is empty")
        queries[name] = body  # a literal for the type checker: our own package, never input
    return queries
