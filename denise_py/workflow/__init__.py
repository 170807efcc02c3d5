"""Whole runs: forward modelling and inversion, told as recipes."""
