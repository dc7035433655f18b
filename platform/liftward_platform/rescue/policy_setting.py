"""Reads the settings that name the rescue policies: whoever opens incidents opens them alike."""

from pathlib import Path

from liftward_kit.settings import Environ, SettingError
from liftward_platform.rescue.policy_book import PolicyBook, load_book
from liftward_platform.rescue.policy_reader import PolicyError

POLICY_SETTING, REGIONS_SETTING = "LIFTWARD_RESCUE_POLICY", "LIFTWARD_RESCUE_POLICY_DIR"


def policies_from_environ(environ: Environ) -> PolicyBook:
    """Return the policies: one file for everywhere, and a directory of regions.

    Raises
    ------
    SettingError
        When one of them has a hole: names file, line and key.
    """
    names = {name: environ.get(name, "").strip() for name in (POLICY_SETTING, REGIONS_SETTING)}
    default, regions = (Path(name) if name else None for name in names.values())
    try:
        return load_book(default, regions)
    except PolicyError as error:
        wrong = (
            REGIONS_SETTING if regions and error.source.startswith(str(regions)) else POLICY_SETTING
        )
        raise SettingError(wrong, names[wrong] or None, f"{error}") from None
