"""`liftward check-device`: watches one device over the broker and judges it by the contract.

For the integrator, before going live. Pure core: what was heard goes in (`observation`), a result
for each clause comes out (`judging`), with an example and what to do (`texts`). The edge (`watch`)
subscribes, publishes nothing unless a snapshot is asked for, and leaves no session behind.

A clause passes, fails, or was not seen: nothing happened in this time that would show it. Not seen
is no failure, and it is named. Garbage is a finding, never a crash. Needs no database.
"""
