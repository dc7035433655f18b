"""The simulated world beside the figures that rescue centres publish."""
