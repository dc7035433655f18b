"""Profiles: other vocabularies said in our messages, and ours in theirs, each as a table.

A device of the registry has one profile. The topics and the envelope (times, boot, sequence) stay
the contract's; the words of the payload are the profile's. Sparkplug B, which has topics and an
encoding of its own, has a package of its own beside the tables.
"""
