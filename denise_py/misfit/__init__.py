"""How far synthetic traces are from observed ones, and the derivative of that distance."""
