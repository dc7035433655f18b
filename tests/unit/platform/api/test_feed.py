"""The board's readers: bounded, cut when slow, sent away at the end."""

from datetime import UTC, datetime

from liftward_kit.settings import Secret
from liftward_platform.api.board_source import IncidentBoard
from liftward_platform.api.feed import READER_QUEUE_MAX, BoardFeed, Reader, event_text

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


def queued(reader: Reader) -> list[bytes | None]:
    return [reader.queue.get_nowait() for _ in range(reader.queue.qsize())]


def feed() -> BoardFeed:
    return BoardFeed(Secret(""), IncidentBoard(), clock=lambda: NOW, version="test")


def test_an_event_is_one_line_of_data() -> None:
    """Server-sent events end with an empty line; line feeds inside the data are escaped."""
    assert event_text("change", {"note": "a\nb", "zh": "困人"}) == (
        'event: change\ndata: {"note":"a\\nb","zh":"困人"}\n\n'.encode()
    )


async def test_a_slow_reader_is_cut_and_told_to_come_back() -> None:
    """What fills a queue is worthless: a new connection brings the whole board."""
    reader = Reader()

    for number in range(READER_QUEUE_MAX + 2):
        reader.put(str(number).encode())

    assert reader.is_slow
    assert queued(reader) == [None]


async def test_the_first_message_is_the_board() -> None:
    """A reader starts from the whole board and needs no history."""
    with feed().reading() as reader:
        (message,) = queued(reader)

    assert message is not None
    assert message.startswith(b'event: board\ndata: {"as_of":null,"incidents":[],"health":')


class BrokenFeed(BoardFeed):
    async def _watch(self) -> None:
        raise MemoryError


async def test_a_board_nobody_keeps_current_does_not_look_alive() -> None:
    """Should the watching end by a mistake, readers are sent away and new ones refused."""
    board = BrokenFeed(Secret(""), IncidentBoard(), clock=lambda: NOW, version="test")
    with board.reading() as reader:
        board.start()
        messages = [await reader.queue.get(), await reader.queue.get()]

    assert messages[1] is None
    assert not await board.is_ready(0.0)


async def test_readers_are_sent_away_at_the_end() -> None:
    """Stopping ends the streams that are open and those that come too late."""
    board = feed()
    with board.reading() as early:
        board.end_readers()
        with board.reading() as late:
            assert board.readers_count == 2
            assert (queued(early), queued(late)) == ([None], [None])
    assert board.readers_count == 0
