"""As what a sample with news is heard: as it was told, or without what is not believed (`trust`).

Must not know why a sensor is not believed, nor what follows from a sample.
"""

from liftward_detection.compiling import flattened
from liftward_detection.door_watch import door_before
from liftward_detection.episodes import Context
from liftward_detection.equipment import is_distrusting
from liftward_detection.equipment_watch import look_at_equipment
from liftward_detection.fleet import HEARD_CHANGE, Record
from liftward_detection.intake import is_late, take_sample
from liftward_detection.quiet import look_again
from liftward_detection.samples import Sample
from liftward_detection.trust import (
    believed,
    is_place_in_doubt,
    is_read_anew,
    note_change,
    only_repeats,
)


@flattened
def hear_sample(record: Record, sample: Sample, said: int, context: Context) -> None:
    """Take a sample, which says `said`, as far as it is believed."""
    heard, again = sample, False
    alive = record["seen"] & HEARD_CHANGE != 0
    doubted = is_place_in_doubt(record, sample, context.limits)
    if not alive or doubted or is_distrusting(record):
        if is_late(record, sample):
            return
        if not alive:
            note_change(record, sample)
        if only_repeats(record, sample):
            sampled_us = record["observed_us"]
            look_at_equipment(
                record, door_before(record, sample.car_door), sample, sampled_us, context
            )
            return
        heard, again = believed(record, sample, context.limits), True
    # Called from one place: compiled into it, for nearly each sample with news.
    take_sample(record, heard, sample, said, context)
    if again and (doubted or is_read_anew(record)):
        look_again(record)
