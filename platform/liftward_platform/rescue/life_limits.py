"""How long what a dispatcher and a maintainer owe the people of an incident may take.

Named once, each with its reason. Not part of the rescue policy: they order nobody, they remind.
"""

from datetime import timedelta

# The people in the car hear a voice within a minute. Ours; a draft by-law of Hangzhou (2024) gives
# the use unit 30 s to answer the car's alarm.
FIRST_CONTACT_WITHIN = timedelta(seconds=60)
# Then they are told how far the rescue is, every so often. Ours: the workflow of the city centres
# (Jiangsu's standard) asks for telling the progress and names no interval.
PROGRESS_EVERY = timedelta(minutes=5)
# An anonymous report that nobody has looked into is said again after this, louder each time. Ours.
REPORT_LOOKED_INTO_WITHIN = timedelta(seconds=60)
# After the release the lift is made safe within this, or it is shown. Ours.
MAKE_SAFE_WITHIN = timedelta(hours=1)
# The maintainer reports the cause within this. Ours: the standards ask for it and name no time.
CAUSE_REPORT_WITHIN = timedelta(hours=24)

assert FIRST_CONTACT_WITHIN < PROGRESS_EVERY < MAKE_SAFE_WITHIN < CAUSE_REPORT_WITHIN
