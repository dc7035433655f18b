"""Reads the setting that names the rescue policy: engine and API open incidents with the same."""

from pathlib import Path

from liftward_kit.settings import Environ, SettingError
from liftward_platform.rescue.policy import Policy, PolicyError, load


def policy_from_environ(environ: Environ) -> Policy:
    """Return the policy that LIFTWARD_RESCUE_POLICY names, or the one that comes along.

    Raises
    ------
    SettingError
        When it has a hole.
    """
    name = environ.get("LIFTWARD_RESCUE_POLICY", "").strip()
    try:
        return load(Path(name) if name else None)
    except PolicyError as error:
        raise SettingError("LIFTWARD_RESCUE_POLICY", name or None, f"{error}") from None
