from liftward_simulator.devices.publications import Publication
from liftward_simulator.outputs.resending import WINDOW_S, SentLog
from liftward_wire.topics import TopicKind


def sent(number: int, kind: TopicKind = TopicKind.TELEMETRY) -> Publication:
    return Publication(device_id="DEMO-001", kind=kind, payload=b"%d" % number)


def numbers(publications: list[Publication]) -> list[int]:
    return [int(one.payload) for one in publications]


def test_the_last_minute_before_a_loss_goes_out_once_more() -> None:
    """What is older was saved by the broker; what came after the loss belongs to it too."""
    log = SentLog()
    for second in range(100):
        log.note([sent(second)], float(second))
    log.lose(99.5)
    for second in range(200, 205):
        log.note([sent(second)], float(second))

    again = numbers(log.take())

    assert again == [*range(int(99.5 - WINDOW_S) + 1, 100), *range(200, 205)]
    assert not log.is_lost
    assert log.take() == []


def test_a_second_loss_before_the_repeat_forgets_nothing() -> None:
    """A broker that is killed twice in a minute may lose from before the first kill."""
    log = SentLog()
    log.note([sent(1)], 0.0)
    log.lose(10.0)
    log.note([sent(2)], 80.0)
    log.lose(90.0)

    assert numbers(log.take()) == [1, 2]


def test_births_and_replies_are_not_repeated() -> None:
    """A birth is made anew at every connect; alarms are repeated like samples."""
    log = SentLog()
    kinds = [TopicKind.STATUS, TopicKind.EVENT, TopicKind.REPLY, TopicKind.BATCH]
    log.note([sent(number, kind) for number, kind in enumerate(kinds)], 0.0)
    log.lose(1.0)

    assert numbers(log.take()) == [1, 3]


def test_memory_is_bounded() -> None:
    """A town that sends more than is kept repeats the youngest."""
    log = SentLog(messages_max=10)
    log.note([sent(number) for number in range(25)], 0.0)
    log.lose(1.0)

    assert numbers(log.take()) == list(range(15, 25))
