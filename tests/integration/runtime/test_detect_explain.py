"""`liftward detect explain` on the trace of a simulated town in which people get trapped."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from support.processes import LiftwardProcesses

pytestmark = pytest.mark.integration

SVG = "{http://www.w3.org/2000/svg}"


def test_a_trace_explains_who_is_trapped(processes: LiftwardProcesses, tmp_path: Path) -> None:
    """The sentence on standard output, the picture in its file, the same for machines."""
    trace, truth = str(tmp_path / "a.trace"), str(tmp_path / "a.truth")
    out = tmp_path / "why.svg"
    played = processes.run(
        "simulate", "--lifts", "12", "--first-trap-after-s", "20", "--max-traps", "1",
        "--minutes", "2", "--seed", "3", "--trace", trace, "--truth", truth,
    )  # fmt: skip
    assert played.returncode == 0, played.stderr
    told = [json.loads(line) for line in Path(truth).read_text().splitlines()]
    lift_id = next(line["lift_id"] for line in told if line.get("kind") == "entrapment")
    asked = ("detect", "explain", "--trace", trace, "--lift", lift_id, "--out", str(out))

    plain = processes.run(*asked, "--language", "zh", "--utc-offset-min", "480")
    chinese = ET.fromstring(out.read_text("utf-8"))  # noqa: S314 - our own program's
    machine = processes.run(*asked, "--json")
    nobody = processes.run(*asked[:5], "NOBODY", *asked[6:])

    assert plain.returncode == 0, plain.stderr
    assert "困人：轿厢停在" in plain.stdout
    assert f"{lift_id} 上报的数据" in "".join(chinese.itertext())
    assert "（UTC+8）" in "".join(chinese.itertext())
    found = json.loads(machine.stdout)
    assert (found["kind"], found["lift"], found["picture"]) == ("entrapment", lift_id, str(out))
    assert found["level"] in {"probable", "confirmed"}
    assert found["sentence"]["en"].split(": ")[0] in {"Probably trapped", "Trapped, confirmed"}
    assert len(list(ET.fromstring(out.read_text("utf-8")).iter(f"{SVG}rect"))) > 10  # noqa: S314 - our own program's
    assert nobody.returncode == 2
    assert "--lift is NOBODY" in nobody.stderr
