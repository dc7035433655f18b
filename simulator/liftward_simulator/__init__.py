"""A simulated town: lifts that move and carry people, faults that trap them, crews that free them.

The world is pure and seeded: the same town, seed and steps give the same arrays. Only `publisher`,
`crews_client`, `crews_runner` and `command` meet a network, a file or a clock. Must not know how
the platform detects, dispatches or stores anything: it speaks the contract and the HTTP API, as a
device and a telephone do.
"""
