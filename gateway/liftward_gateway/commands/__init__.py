"""Commands down: what the platform asked of a device is sent in time, and the answer recorded.

A row of `device_command` is asked → sent → done, refused, failed or expired. The worker that owns
the shard of the lift publishes it on the lift's own command topic and calls it sent after the
broker's PUBACK. Killed in between, it publishes again under the same id, and the device does it
once. Past its deadline nothing is sent; deadlines fire by themselves, without any message.

A reply that fits no command is quarantined with a reason, never acted on.
"""
