"""What the direction methods share: types of vectors and callables, restriction to free components, descent.

Every decision in this package rests on an inner product, on a largest magnitude and on values of the
objective. A caller whose vectors are spread over several processes passes versions of the two callables that
give the same number everywhere; then all processes take the same way.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Mask = NDArray[np.bool_]
Dot = Callable[[Vector, Vector], float]
Largest = Callable[[Vector], float]
Precondition = Callable[[Vector], Vector]
State = dict[str, np.ndarray]

SMALLEST_COSINE = 1e-10
"""Cosine of the angle to -g below which a direction does not count as one of descent."""


def identity(vector: Vector) -> Vector:
    """The preconditioner that does nothing."""
    return vector


def largest_magnitude(vector: Vector) -> float:
    """max |v_i|, 0 for an empty vector."""
    return float(np.max(np.abs(vector), initial=0.0))


def restrict(vector: Vector, free: Mask | None) -> Vector:
    """The vector with the components that are not free set to zero; the vector itself without a mask."""
    return vector if free is None else np.where(free, vector, 0.0)


def is_descent(gradient: Vector, direction: Vector, dot: Dot) -> bool:
    """Whether g.d < -eps |g||d| with eps = SMALLEST_COSINE; False as soon as a NaN is involved."""
    product = dot(gradient, direction)
    scale = math.sqrt(dot(gradient, gradient)) * math.sqrt(dot(direction, direction))
    return bool(product < -SMALLEST_COSINE * scale)


def steepest_descent(gradient: Vector, preconditioned: Vector, dot: Dot) -> tuple[Vector, str]:
    """-P g with an empty note, or -g and a note if the preconditioner turns the gradient the wrong way.

    A P g that is zero stays zero: P may stand for a mask, and -g would move what is masked.
    """
    if is_descent(gradient, -preconditioned, dot) or dot(preconditioned, preconditioned) == 0.0:
        return -preconditioned, ""
    return -gradient, "the preconditioned gradient is no descent direction, the plain gradient is used"


def pack_text(text: str) -> np.ndarray:
    """A text as uint8 array, the form in which a checkpoint of arrays can hold it."""
    return np.frombuffer(text.encode(), dtype=np.uint8).copy()


def unpack_text(packed: np.ndarray) -> str:
    """The inverse of pack_text."""
    return np.asarray(packed, dtype=np.uint8).tobytes().decode()
