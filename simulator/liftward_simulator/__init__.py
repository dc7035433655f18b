"""A simulated city: lifts that carry people, faults that trap them, gateways that see part, crews.

The world is pure and seeded: the same town, seed and steps give the same arrays. Only the commands,
`playing`, `live`, the publisher, and the crews' client and runner meet a network, a file or a
clock. Must not know how the platform detects, dispatches or stores anything: it speaks the contract
and the HTTP API, as a device and a telephone do.
"""
