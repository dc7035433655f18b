"""What both words of `liftward detect` read alike. Must not know what it is for."""

import tomllib
from pathlib import Path

from liftward_detection.limit_values import ThresholdError
from liftward_detection.thresholds import Thresholds, default_thresholds
from liftward_kit.subcommand import CallError


def thresholds_from(file: Path | None) -> Thresholds:
    """Return the thresholds of a TOML file, or those that are shipped.

    Raises
    ------
    CallError
        When the file cannot be read or an entry is wrong.
    """
    if file is None:
        return default_thresholds()
    try:
        return Thresholds.from_document(tomllib.loads(file.read_text("utf-8")))
    except OSError as error:
        raise CallError(f"cannot read {file}: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, ThresholdError) as error:
        raise CallError(f"{file}: {error}") from None
