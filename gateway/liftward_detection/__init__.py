"""Detection: who is trapped, since when, how sure and why; and the plain GB/T 24476-2017 codes.

Pure numpy and numba. Knows samples and events in columns, thresholds and one record per lift. Must
not know the clock, the network, the database, MQTT, incidents or people's names. Start reading at
`detector` (what others call), then `loops` (the order of things), `entrapment` and `faults` (the
rules), `catalogue` (what they mean), `facts` (what one sample says) and `episodes` (how a condition
becomes an episode).
"""
