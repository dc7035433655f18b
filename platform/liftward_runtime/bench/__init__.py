"""Runs the benchmarks of tests/bench/ from a source tree."""
