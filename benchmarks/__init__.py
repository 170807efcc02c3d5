"""Measurements of speed and accuracy; `python -m benchmarks` prints the table of speeds."""
