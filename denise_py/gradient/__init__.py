"""From forward and adjoint wavefields to the gradient of the misfit, its weights and tapers."""
