"""Between the space that is inverted (a vector p) and the models that are simulated."""
