"""The rescue policy with every limit as short as a policy may make it, for tests in real time."""

import re
from importlib.resources import files
from pathlib import Path

QUICK_LIMITS = {
    "accept_s": 10, "arrive_s": 60, "arrive_repeat_s": 30, "unanswered_repeat_s": 10,
    "release_report_s": 60, "confirm_release_s": 30,
}  # fmt: skip


def quick_policy_file(folder: Path, **limits: float) -> Path:
    """Write the policy that comes with the program, its limits shortened, and return the file."""
    text = files("liftward_platform.rescue").joinpath("policies/default.toml").read_text("utf-8")
    for name, limit in {**QUICK_LIMITS, **limits}.items():
        text, count = re.subn(rf"^{name} = \d+", f"{name} = {limit:g}", text, flags=re.MULTILINE)
        assert count == 1, name
    file = folder / "policy.toml"
    file.write_text(text, encoding="utf-8")
    return file
