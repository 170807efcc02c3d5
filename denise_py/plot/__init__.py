"""Figures of models, gradients, misfit and gathers. The only part of the package that needs matplotlib."""
