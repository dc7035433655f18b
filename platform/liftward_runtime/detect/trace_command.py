"""`liftward detect --trace FILE --out FILE`: what the detector concludes from a trace file.

Owns the files. The verdict file appears whole or not at all; the same trace gives the same bytes.
"""

import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

import msgspec

from liftward_kit.clock import monotonic_s
from liftward_kit.subcommand import DOES_NOT_HOLD, HOLDS, CallError, print_object, progress
from liftward_runtime.detect.contestants import contestant
from liftward_runtime.detect.options import thresholds_from
from liftward_runtime.detect.trace_file import messages_of
from liftward_runtime.detect.trace_run import TraceRun, verdict_lines
from liftward_runtime.detect.trace_truth import TraceTruth
from liftward_simulator.outputs.whole_files import whole_file

_PROGRESS_S = 5.0


def run(arguments: Namespace) -> int:
    """Detect, write the verdicts, and return the exit status."""
    if arguments.trace is None or arguments.out is None:
        raise CallError("give --trace FILE and --out FILE, or the word `score`")
    if arguments.trace.resolve() == arguments.out.resolve():
        raise CallError("--trace and --out are one file; allowed: two")
    thresholds = thresholds_from(arguments.thresholds)
    truth = None if arguments.truth is None else TraceTruth.read(arguments.truth)
    detection = TraceRun(contestant(arguments.method, 0, thresholds))
    began_s = monotonic_s()
    try:
        with ExitStack() as stack:
            trace = stack.enter_context(_opened(arguments.trace))
            out = stack.enter_context(whole_file(arguments.out))
            kinds = _write(detection, trace, out, truth)
            _check(detection, arguments.trace)
    except KeyboardInterrupt:
        progress("interrupted: no verdict was written")
        return DOES_NOT_HOLD
    _tell_refusals(detection)
    summary = _summary(detection, kinds)
    summary |= {"method": arguments.method, "thresholds_sha256": thresholds.sha256}
    summary["seconds"] = round(monotonic_s() - began_s, 1)
    if truth is not None:
        summary["score"] = truth.figures(detection)
    if arguments.json:
        print_object(summary)
    else:
        sys.stdout.write(_sentence(summary) + "\n")
    return HOLDS


def _opened(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError as error:
        raise CallError(f"cannot read {path}: {error.strerror}") from None


def _write(
    detection: TraceRun, trace: IO[bytes], out: IO[bytes], truth: TraceTruth | None
) -> Counter[str]:
    """Write a line for each transition; return how many of each kind there were."""
    encoder = msgspec.json.Encoder()
    kinds: Counter[str] = Counter()
    messages = messages_of(_with_progress(trace))
    if truth is not None:
        messages = truth.hearing(messages)
    for transitions in detection.detect(messages):
        if truth is not None:
            truth.log.take(transitions.table)
        for line in verdict_lines(transitions, detection.intake.lift_ids):
            kinds[line["kind"]] += 1
            out.write(encoder.encode(line) + b"\n")
    return kinds


def _with_progress(trace: IO[bytes]) -> Iterator[bytes]:
    next_s, read_bytes = monotonic_s() + _PROGRESS_S, 0
    for line in trace:
        read_bytes += len(line)
        if monotonic_s() >= next_s:
            next_s += _PROGRESS_S
            progress(f"{read_bytes / 1e6:,.0f} MB read")
        yield line


def _check(detection: TraceRun, trace: Path) -> None:
    """Refuse a file in which no line is a message: it is no trace."""
    unreadable = detection.intake.examples.get("unreadable_line")
    if not detection.messages_count and unreadable:
        raise CallError(
            f"{trace} is no trace file: {unreadable[0]}; allowed: JSON Lines of"
            ' {"topic", "received_at", "payload"}'
        )


def _tell_refusals(detection: TraceRun) -> None:
    intake = detection.intake
    for reason, count in sorted(intake.refused.items()):
        progress(f"refused, {reason}: {count}")
        for example in intake.examples[reason]:
            progress(f"    {example}")


def _summary(detection: TraceRun, kinds: Counter[str]) -> dict[str, Any]:
    intake = detection.intake
    return {
        "messages": detection.messages_count,
        "refused": dict(sorted(intake.refused.items())),
        "repeats": intake.repeats_count,
        "samples": intake.samples_count,
        "events": intake.events_count,
        "lifts": len(intake.lift_ids),
        "transitions": dict(sorted(kinds.items())),
    }


def _sentence(summary: dict[str, Any]) -> str:
    refused = sum(summary["refused"].values())
    told: Iterable[str] = (f"{kind} {count}" for kind, count in summary["transitions"].items())
    words = [
        (
            f"{summary['messages']:,} messages ({refused:,} refused), {summary['samples']:,}"
            f" samples and {summary['events']:,} events of {summary['lifts']:,} lifts"
        ),
        f"transitions: {', '.join(told) or 'none'}",
    ]
    if "score" in summary:
        score = summary["score"]
        words.append(
            f"{score['true_entrapments']} true entrapments, {score['missed_probable']} missed,"
            f" {score['false_probable']} false alarms in {score['lift_days']} lift-days"
        )
    return "\n".join(words)
