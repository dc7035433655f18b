"""Secrets by reference: `env:NAME` or `file:/path` in a document, the text itself elsewhere.

An edge: reads files. What it returns never shows itself.
"""

from pathlib import Path

from liftward_kit.settings import Environ, Secret

ALLOWED = "env:NAME or file:/absolute/path, and what it names is there and not empty"
# An address with its token is a few hundred characters; a file of more is the wrong file.
_CHARACTERS_MAX = 4096


def is_reference(text: str) -> bool:
    """Tell whether a text names a secret instead of being one."""
    return text.startswith(("env:", "file:/"))


def resolve(reference: str, environ: Environ) -> Secret | None:
    """Return what a reference names, None when there is nothing usable."""
    kind, _, name = reference.partition(":")
    if kind == "env":
        text = environ.get(name, "").strip()
    else:
        try:
            text = Path(name).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            return None
    return Secret(text) if text and len(text) <= _CHARACTERS_MAX else None
