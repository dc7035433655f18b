"""Policies by region: which one a lift gets, what hour and surge make of it, what is refused."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from liftward_platform.rescue import policy_book
from liftward_platform.rescue.policy import DEFAULT_SOURCE, load, parse
from liftward_platform.rescue.policy_book import PolicyBook, effective, load_book
from liftward_platform.rescue.policy_reader import PolicyError
from liftward_platform.rescue.toml_lines import key_lines, line_of
from liftward_platform.rescue.travel import Place

REGIONS = Path(policy_book.__file__).parent / "policies" / "regions"
NORTH = (REGIONS / "sample-north.toml").read_text("utf-8")
FAR_AWAY = Place(40.0, 100.0)
DAY = datetime(2026, 3, 2, 4, tzinfo=UTC)  # a Monday, noon local
NIGHT = datetime(2026, 3, 2, 16, tzinfo=UTC)  # midnight local
SATURDAY = datetime(2026, 3, 7, 4, tzinfo=UTC)


@pytest.fixture(scope="module")
def book() -> PolicyBook:
    """The two examples beside the default."""
    return load_book(None, REGIONS)


def test_a_lift_gets_its_districts_policy_or_the_nearest_centres_or_the_default(
    book: PolicyBook,
) -> None:
    """By district first, then by distance within the radius, else what holds everywhere."""
    harbour = Place(30.95, 122.2)

    assert book.for_lift("Sample North District", harbour).region.name == "sample-north"
    assert book.for_lift("Elsewhere", harbour).region.name == "sample-harbour"
    assert book.for_lift("Elsewhere", FAR_AWAY) is book.default
    assert book.default.source == DEFAULT_SOURCE


@pytest.mark.parametrize(
    ("now", "open_count", "first_levels", "hours", "surge", "accept_s"),
    [
        (DAY, 0, (1,), None, None, 180),
        (NIGHT, 0, (2,), "night", None, 180),
        (DAY, 20, (1,), None, None, 180),
        (DAY, 21, (1, 2), None, "many", 180),
        (NIGHT, 61, (1, 2), "night", "very many", 60),
    ],
)
def test_hours_and_surges_make_the_policy_that_is_stamped(  # noqa: PLR0917 - a row of the table
    book: PolicyBook,
    now: datetime,
    open_count: int,
    first_levels: tuple[int, ...],
    hours: str | None,
    surge: str | None,
    accept_s: float,
) -> None:
    """Working hours say who is asked first; a surge has the last word; both are named."""
    north = book.for_lift("Sample North District", FAR_AWAY)

    policy, applied = effective(north, now, open_count=open_count)

    assert (policy.first_levels, policy.leg(1).accept_s) == (first_levels, accept_s)
    assert (applied.hours, applied.surge, applied.open_count) == (hours, surge, open_count)
    assert (applied.region, applied.version) == ("sample-north", "sample-north-1")
    assert parse(policy.document(), source="stamped") == policy


def test_a_weekend_rule_goes_past_midnight_and_a_storm_wants_every_team(book: PolicyBook) -> None:
    """A rule of whole days holds all day; a surge may want a crew of every level."""
    harbour = book.for_lift("Elsewhere", Place(30.9, 122.2))

    weekend, _ = effective(harbour, SATURDAY, open_count=0)
    storm, _ = effective(harbour, DAY, open_count=6)

    assert (weekend.first_levels, weekend.wants_every_team) == ((1, 2), False)
    assert (storm.first_levels, storm.wants_every_team) == ((1, 2, 3), True)


def test_the_default_tries_three_levels_within_five_minutes() -> None:
    """Guangzhou's rule: the answers' limits of the levels together."""
    assert sum(leg.accept_s for leg in load().legs) == 300


def _level_3_out(text: str) -> str:
    start = text.index("[[levels]]\nlevel = 3")
    return text[:start] + text[text.index("[asking]") :]


# what is done to the file -> the complaint's key, and a piece of the line it must name
HOLES = {
    "no level 3": (_level_3_out, "levels", "[[levels]]"),
    "a delay of zero": (
        lambda text: text.replace("arrive_repeat_s = 600", "arrive_repeat_s = 0"),
        "limits.arrive_repeat_s", "arrive_repeat_s = 0",
    ),
    "an unknown unit": (
        lambda text: text.replace("arrive_s = 1800", "arrive_s = 1800\narrive_min = 30"),
        "limits.arrive_min", "arrive_min = 30",
    ),
    "an unknown unit of a level": (
        lambda text: text.replace("depart_s = 300             # ...", "depart_min = 5  # ..."),
        "levels[1].depart_min", "depart_min = 5",
    ),
    "an unknown party": (
        lambda text: text.replace('"rescue_station"', '"taxi"'), "levels[1].party", '"taxi"',
    ),
    "overlapping hours": (
        lambda text: text.replace(
            "# A mass power cut",
            '[[hours]]\nname = "early"\nfrom = "05:00"\nuntil = "07:00"\nfirst_levels = [1]\n\n#',
        ),
        "hours[1].from", 'from = "05:00"',
    ),
    "no hour of the clock": (
        lambda text: text.replace('until = "06:00"', 'until = "25:00"'),
        "hours[0].until", 'until = "25:00"',
    ),
    "a region without lifts to it": (
        lambda text: text.replace('districts = ["Sample North District"]', ""),
        "region.centre_latitude_deg", "[region]",
    ),
    "no region": (
        lambda text: text.replace("[region]", "[regoin]"), "region", None,
    ),
    "a surge that changes nothing": (
        lambda text: text.replace("more_than = 20\nfirst_levels = [1, 2]", "more_than = 20"),
        "surge[0].accept_s", "[[surge]]",
    ),
    "a surge with longer answers": (
        lambda text: text.replace("accept_s = 60              # nobody", "accept_s = 600  # x"),
        "surge[1].accept_s", "accept_s = 600",
    ),
    "two surges of one size": (
        lambda text: text.replace("more_than = 60", "more_than = 20"),
        "surge[1].more_than", "more_than = 20",
    ),
    "a level that is none": (
        lambda text: text.replace("first_levels = [1]  ", "first_levels = [4]  "),
        "asking.first_levels", "first_levels = [4]",
    ),
    "a threshold that never clears": (
        lambda text: text.replace("clear_below = 0.3", "clear_below = 0.6"),
        "prediction.clear_below", "clear_below = 0.6",
    ),
}  # fmt: skip


@pytest.mark.parametrize("hole", HOLES)
def test_a_hole_is_refused_with_file_line_and_key(hole: str, tmp_path: Path) -> None:
    """Whoever wrote the file finds the place: its name, the line, the key, what is allowed."""
    change, key, piece = HOLES[hole]
    text = change(NORTH)
    assert text != NORTH
    path = tmp_path / "north.toml"
    path.write_text(text, "utf-8")

    with pytest.raises(PolicyError) as caught:
        load_book(None, tmp_path)

    assert (caught.value.source, caught.value.key) == (str(path), key)
    if piece is None:
        assert caught.value.line is None
    else:
        assert caught.value.line is not None
        assert piece in text.splitlines()[caught.value.line - 1]
        assert f"north.toml, line {caught.value.line}: {key}" in str(caught.value)


def test_two_regions_cannot_claim_one_district(tmp_path: Path) -> None:
    """Which of two policies holds is not left to the order of the files."""
    (tmp_path / "a.toml").write_text(NORTH, "utf-8")
    renamed = NORTH.replace('name = "sample-north"', 'name = "other"')
    (tmp_path / "b.toml").write_text(renamed, "utf-8")

    with pytest.raises(PolicyError, match=r"b\.toml, line \d+: region\.districts"):
        load_book(None, tmp_path)


def test_a_district_without_a_lift_is_refused(book: PolicyBook) -> None:
    """A misspelled district would leave its lifts with the default, and nobody would know."""
    with pytest.raises(PolicyError, match=r"region\.districts is 'Sample North District'"):
        policy_book.refuse_unknown_districts(book, ["Sample South District"])

    policy_book.refuse_unknown_districts(book, ["Sample North District"])


def test_lines_are_found_in_tables_arrays_and_over_several_lines() -> None:
    """Every key of every kind of table, and the table itself for a key that is missing."""
    text = (
        'a = 1\n[t]\n"b" = [\n  1, # ]\n  2]\nc = "[["\n[[r]]\nd = 1\n[[r]]\n[t.u] # x\ne.f = 2\n'
    )

    lines = key_lines(text)

    assert {key: lines[key] for key in ("a", "t.b", "t.c", "r[0].d", "r[1]", "t.u.e.f")} == {
        "a": 1, "t.b": 3, "t.c": 6, "r[0].d": 8, "r[1]": 9, "t.u.e.f": 11,
    }  # fmt: skip
    assert line_of(lines, "r[1].missing") == lines["r[1]"]
    assert line_of(lines, "nowhere") is None
