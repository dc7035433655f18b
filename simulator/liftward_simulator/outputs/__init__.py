"""Where it all goes: a broker, a trace file, the truth file, the journal of progress."""
