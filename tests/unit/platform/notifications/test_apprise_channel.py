"""apprise's yes is believed only with the answers beneath it; nothing of an address is shown."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftward_kit.settings import Secret
from liftward_platform.notifications.apprise_channel import check_url, judge, masked
from liftward_platform.notifications.http_watch import Answer
from liftward_platform.notifications.model import Verdict
from support.virtual_time import START


def answer(status: int = 200, body: bytes = b"", **headers: str) -> Answer:
    return Answer(status, {name.replace("_", "-"): text for name, text in headers.items()}, body)


@pytest.mark.parametrize(
    ("answers", "said_yes", "robot", "verdict"),
    [
        ([], True, False, Verdict.SENT),  # e-mail: no HTTP beneath
        ([], False, False, Verdict.FAILED),
        ([answer()], True, False, Verdict.SENT),
        ([answer()], False, False, Verdict.FAILED),
        ([answer(500)], True, False, Verdict.FAILED),
        ([answer(302)], True, False, Verdict.FAILED),
        ([answer(200), answer(403)], True, False, Verdict.FAILED),
        ([answer(body=b'{"errcode":0,"errmsg":"ok"}')], True, True, Verdict.SENT),
        ([answer(body=b'{"errcode":310000,"errmsg":"sign"}')], True, True, Verdict.FAILED),
        ([answer(body=b'{"errcode":93000}')], True, True, Verdict.FAILED),
        ([answer(body=b'{"code":19001,"msg":"x"}')], True, True, Verdict.FAILED),
        ([answer(body=b'{"code":0,"msg":"success"}')], True, True, Verdict.SENT),
        ([answer(body=b"<html>proxy</html>")], True, True, Verdict.FAILED),
        ([answer(body=b"[]")], True, True, Verdict.FAILED),
        ([], True, True, Verdict.FAILED),
    ],
)
def test_sent_needs_a_yes_and_answers_that_agree(
    answers: list[Answer],
    said_yes: bool,  # noqa: FBT001 - a column of the table
    robot: bool,  # noqa: FBT001
    verdict: Verdict,
) -> None:
    """A 200 with an error code in its body is no success; nor a robot's yes without an answer."""
    assert judge(answers, said_yes=said_yes, robot=robot, now=START).verdict is verdict


def test_a_service_that_asks_to_wait_is_heard() -> None:
    """Retry-After comes through, though apprise does not tell of it."""
    found = judge([answer(429, Retry_After="30")], said_yes=False, robot=False, now=START)
    assert found.retry_after == timedelta(seconds=30)


@pytest.mark.parametrize(
    ("code", "wait"), [(130101, timedelta(minutes=1)), (45009, timedelta(minutes=1)), (-1, None)]
)
def test_a_robot_that_has_had_too_many_is_left_alone_for_a_minute(
    code: int, wait: timedelta | None
) -> None:
    """Its code names no time, and it counts by the minute; other errors are tried again soon."""
    answers = [answer(body=b'{"errcode":%d}' % code)]
    assert judge(answers, said_yes=True, robot=True, now=START).retry_after == wait


@pytest.mark.parametrize(
    "url",
    [
        "dingtalk://sampletoken0123456789/",
        "wecombot://sample-key-0123/",
        "feishu://sample-token-01/",
        "mailtos://user:sample-password@mail.invalid/?to=desk@example.invalid",
        f"twilio://AC{'0' * 32}:{'1' * 32}@12025550100/{{phone}}",
        "json://example.invalid/",
    ],
)
def test_the_services_we_name_are_known(url: str) -> None:
    """The library still has them under these names."""
    assert check_url(Secret(url))


def test_an_unknown_service_is_not() -> None:
    """It is refused when the engine starts, not when somebody is trapped."""
    assert not check_url(Secret("pigeon://loft/"))


@settings(deadline=None)
@given(st.text(alphabet="abcXYZ0189_-", min_size=6, max_size=20))
def test_no_piece_of_an_address_is_shown(token: str) -> None:
    """Wherever the token stands in an address, a reason that repeats it is masked."""
    for url in (
        f"mailto://user:{token}@mail.invalid/?to=x",
        f"dingtalk://{token}@host1/",
        f"json://host1/path/{token}",
        f"json://host1/?key={token}",
    ):
        assert token not in masked(f"could not reach ({token}): {url}", url)
