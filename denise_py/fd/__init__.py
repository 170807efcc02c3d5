"""Finite-difference kernels on staggered grids: arrays in, arrays updated in place.

Nothing in here knows of files, processes or parameters.
"""
