"""What can go wrong in a gateway worker, sorted by what can be done about it.

GatewayError
├── RangeTakenError     another worker owns some of our shards: stop, let the supervisor try again
└── WrongSchemaError    the database is not ours or not up to date: `liftward migrate`
MessageFaultError       the store refuses rows of a batch: find the message, quarantine it, go on

A lost database or broker is no error here: it is waited for. Anything else is a bug and ends the
worker; nothing it had not committed was acknowledged.
"""


class GatewayError(Exception):
    """The worker cannot go on; the message says what to do."""


class RangeTakenError(GatewayError):
    """Another worker holds the locks of some of our shards."""


class WrongSchemaError(GatewayError):
    """The database lacks what the gateway's queries need."""


class MessageFaultError(Exception):
    """The database refuses a value: the fault of a message, not of the connection."""
