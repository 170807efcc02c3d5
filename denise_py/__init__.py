"""denise-py: two-dimensional full-waveform inversion, compatible with DENISE."""

__version__ = "0.1.0"
