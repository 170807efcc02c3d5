"""Where and how waves are made and recorded: wavelets, sources, receivers."""
