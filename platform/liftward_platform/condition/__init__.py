"""What the detector told of a lift's condition and of its sensors, as a person may read it."""
