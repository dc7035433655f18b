"""What every process needs and no part of the domain knows: settings, clock, named SQL, logs.

Must not know lifts, incidents, MQTT or HTTP.
"""
