"""Weights of the staggered first-derivative operators, orders 2 to 12.

d u/dx (i + 1/2) = 1/dh sum_m c_m [u(i + m) - u(i - m + 1)], m = 1..order/2.
Row 0: Taylor weights (Levander 1988, Geophysics 53, 1425); rows 1-4: Holberg weights (Holberg 1987,
Geophys. Prosp. 35, 629) for a largest relative group-velocity error of 0.1, 0.5, 1 and 3 per cent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from denise_py.errors import ParameterError

ORDERS = (2, 4, 6, 8, 10, 12)

_TAYLOR = {
    2: (1.0,),
    4: (9 / 8, -1 / 24),
    6: (75 / 64, -25 / 384, 3 / 640),
    8: (1225 / 1024, -245 / 3072, 49 / 5120, -5 / 7168),
    10: (19845 / 16384, -735 / 8192, 567 / 40960, -405 / 229376, 35 / 294912),
    12: (160083 / 131072, -12705 / 131072, 22869 / 1310720, -5445 / 1835008, 847 / 2359296, -63 / 2883584),
}

_HOLBERG = {
    1: {
        2: (1.0010,),
        4: (1.1382, -0.046414),
        6: (1.1965, -0.078804, 0.0081781),
        8: (1.2257, -0.099537, 0.018063, -0.0026274),
        10: (1.2415, -0.11231, 0.026191, -0.0064682, 0.001191),
        12: (1.2508, -0.12034, 0.032131, -0.010142, 0.0029857, -0.00066667),
    },
    2: {
        2: (1.0050,),
        4: (1.1534, -0.052806),
        6: (1.2111, -0.088313, 0.011768),
        8: (1.2367, -0.10815, 0.023113, -0.0046905),
        10: (1.2496, -0.11921, 0.031130, -0.0093272, 0.0025161),
        12: (1.2568, -0.12573, 0.036423, -0.013132, 0.0047484, -0.0015979),
    },
    3: {
        2: (1.0100,),
        4: (1.1640, -0.057991),
        6: (1.2192, -0.094070, 0.014608),
        8: (1.2422, -0.11269, 0.026140, -0.0064054),
        10: (1.2534, -0.12257, 0.033755, -0.011081, 0.0036784),
        12: (1.2596, -0.12825, 0.038550, -0.014763, 0.0058619, -0.0024538),
    },
    4: {
        2: (1.0300,),
        4: (1.1876, -0.072518),
        6: (1.2341, -0.10569, 0.022589),
        8: (1.2516, -0.12085, 0.032236, -0.011459),
        10: (1.2596, -0.12829, 0.038533, -0.014681, 0.0072580),
        12: (1.2640, -0.13239, 0.042217, -0.017803, 0.0081959, -0.0051848),
    },
}

# Grid points per shortest wavelength that the dispersion check asks for.
_POINTS = {
    0: {2: 23.0, 4: 8.0, 6: 6.0, 8: 5.0, 10: 5.0, 12: 4.0},
    1: {2: 49.7, 4: 8.32, 6: 4.77, 8: 3.69, 10: 3.19, 12: 2.91},
    2: {2: 22.2, 4: 5.65, 6: 3.74, 8: 3.11, 10: 2.80, 12: 2.62},
    3: {2: 15.8, 4: 4.80, 6: 3.39, 8: 2.90, 10: 2.65, 12: 2.51},
    4: {2: 9.16, 4: 3.47, 6: 2.91, 8: 2.61, 10: 2.45, 12: 2.36},
}


@dataclass(frozen=True)
class Stencil:
    """A staggered operator: its weights c_1..c_M (dimensionless, float64) and what it needs."""

    order: int
    weights: tuple[float, ...]
    points_per_wavelength: float

    @property
    def half(self) -> int:
        """M = order / 2, the number of halo points a field needs on each side."""
        return len(self.weights)

    @property
    def gamma(self) -> float:
        """Sum of |c_m|; the time step is stable for dt <= dh / (sqrt(2) gamma vmax)."""
        return float(sum(abs(c) for c in self.weights))

    def cast(self, dtype: np.dtype | type) -> tuple:
        """Weights as a tuple of numpy scalars: its length fixes the order of a compiled kernel."""
        scalar = np.dtype(dtype).type
        return tuple(scalar(c) for c in self.weights)


def stencil(order: int, max_relative_error: int) -> Stencil:
    """The operator of an order (2..12, even) and kind (0 Taylor, 1-4 Holberg).

    Raises ParameterError for any other choice.
    """
    if order not in ORDERS or max_relative_error not in _POINTS:
        raise ParameterError(f"no operator of order {order} with error class {max_relative_error}")
    table = _TAYLOR if max_relative_error == 0 else _HOLBERG[max_relative_error]
    return Stencil(order, table[order], _POINTS[max_relative_error][order])
