"""The part of the fleet one worker owns: a range of shards, written `00-ff`."""

import re
from dataclasses import dataclass

from liftward_wire.topics import SHARD_COUNT

ALLOWED = "two shards as two lower-case hex digits each, low to high, such as 00-ff or 80-bf"
_RANGE = re.compile(r"([0-9a-f]{2})-([0-9a-f]{2})")


@dataclass(frozen=True, slots=True)
class ShardRange:
    """Consecutive shards, both ends included."""

    first: int
    last: int

    def __post_init__(self) -> None:
        if not 0 <= self.first <= self.last < SHARD_COUNT:
            raise ValueError(f"not a range of shards: {self.first} to {self.last}")

    @classmethod
    def parse(cls, text: str) -> "ShardRange":
        """Read `00-7f`; raises ValueError for anything else."""
        match = _RANGE.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is not {ALLOWED}")
        return cls(int(match[1], 16), int(match[2], 16))

    def __str__(self) -> str:
        return f"{self.first:02x}-{self.last:02x}"

    def __contains__(self, shard: int) -> bool:
        return self.first <= shard <= self.last

    @property
    def shards(self) -> range:
        return range(self.first, self.last + 1)
