"""Whom to kill, round after round: the worst first, then everybody in turn, at times two."""

from collections.abc import Iterator, Sequence
from random import Random
from typing import TypeVar

Target = TypeVar("Target")

_TWO_AT_ONCE_SHARE = 0.5


def kill_rounds(
    rng: Random, targets: Sequence[Target], opening: Sequence[tuple[Target, ...]] = ()
) -> Iterator[tuple[Target, ...]]:
    """Yield whom to kill, for ever: `opening` first; then each target as often as any other."""
    yield from opening
    while True:
        bag = list(targets)
        rng.shuffle(bag)
        for target in bag:
            others = [one for one in targets if one is not target]
            two = rng.random() < _TWO_AT_ONCE_SHARE
            yield (target, rng.choice(others)) if two else (target,)
