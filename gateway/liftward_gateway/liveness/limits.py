"""Every threshold of liveness, each once, with its reason. Knows numbers only."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LivenessLimits:
    """How long what may last. Seconds are seconds in which we could have heard the device."""

    # Our own restart cuts no device off: this is for what the broker kept meanwhile to come in.
    settle_after_start_s: float = 60.0
    # Devices lost the broker together with us. Most MQTT clients wait at most 120 s between two
    # attempts to connect (the default ceiling of Eclipse Paho), and they come back one by one.
    settle_after_broker_loss_s: float = 120.0
    # After a last will: a device that lost a socket and comes back at once was not away.
    will_grace_s: float = 30.0
    # Many wills at once have one cause, and it is not in the lifts: the same time as after a loss.
    many_wills_grace_s: float = 120.0
    many_wills_share: float = 0.02
    many_wills_count: int = 20

    # A heartbeat is a promise: one may be lost, two may be bad luck, three are not.
    heartbeats_missed: float = 3.0
    promised_dark_s_min: float = 90.0  # a heartbeat each second does not make a tunnel an outage
    # Without a promise, several times what is usual at this hour; never sooner than five minutes,
    # the silence after which quality figures too stop counting a lift as heard.
    dark_multiple: float = 4.0
    dark_s_min: float = 300.0
    dark_s_max: float = 86_400.0  # however seldom a lift speaks: a day without a word is unknown
    # What was promised less than once in a day is still waited for half as long again.
    promise_multiple_min: float = 1.5
    # Usual is the longest silence of an ordinary hour: twice that is worth a word, no more.
    quiet_multiple: float = 2.0
    quiet_s_min: float = 30.0
    quiet_share_of_dark: float = 2 / 3  # dark is always announced by quiet

    # What is usual for a device that told nothing and of which nothing is known.
    usual_s_default: float = 60.0
    usual_sampling_periods: float = 3.0  # a sampling period is no promise, but a good guess

    # Looked at once in this time; a belief is late by at most one look.
    tick_s: float = 1.0
    # Between two looks that lie further apart we were stopped or stuck: that was no listening.
    step_s_max: float = 5.0

    def __post_init__(self) -> None:
        assert self.tick_s < self.step_s_max
        assert self.will_grace_s <= self.many_wills_grace_s
        assert self.quiet_multiple < self.dark_multiple
        assert 0 < self.quiet_s_min < self.promised_dark_s_min <= self.dark_s_min < self.dark_s_max
        assert 0 < self.quiet_share_of_dark < 1 <= self.promise_multiple_min


LIMITS = LivenessLimits()

# Rows written in one transaction: some 50 ms, so that a stop or another worker never waits long.
CHANGES_PER_TRANSACTION = 5_000
# Rhythms and last arrivals are saved in turn, 100 devices a second: 300,000 take 50 minutes. That
# is soon enough: sequence marks know the last arrival, and a rhythm changes once an hour.
SAVE_PERIOD_S = 10.0
SAVED_PER_PERIOD_MAX = 1_000
# Counts and the age of the beliefs are told this often.
TELL_PERIOD_S = 5.0
# Devices read in one query at a start, and taken in without a pause: some 15 ms.
LOAD_PAGE = 1_000
# An observation this much older than its arrival was stored and forwarded.
LATE_S = 60.0
# Lifts whose late data wait to be noted; more than one worker's lifts cannot be.
LATE_LIFTS_MAX = 400_000
