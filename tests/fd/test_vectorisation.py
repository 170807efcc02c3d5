"""Every loop over points runs on vectors: what the compiler made of the kernels is looked at.

A loop that is not made of vectors costs a factor of eight and nothing tells. Products of vectors are counted
in the compiler's intermediate code and, on the widest registers, in the machine code, and compared with the
loops of the source.
"""

from __future__ import annotations

import inspect
import platform
import re

import llvmlite.binding
import numba
import numpy as np
import pytest

from denise_py.fd import (
    kernels_acoustic,
    kernels_psv,
    kernels_sh,
    layers,
    relaxation,
    steps_acoustic,
    steps_psv,
    steps_sh,
)
from denise_py.fd.compile import FAST_MATH
from denise_py.fd.containers import LANES, Strip, whole_band
from denise_py.fd.weights import stencil

ROWS, COLUMNS, WIDTH = 20, 40, 10

pytestmark = [
    pytest.mark.skipif(
        platform.machine() not in ("x86_64", "AMD64"), reason="knows the registers of x86 only"
    ),
    pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled"),
]


class Arguments:
    """What kernels of an order take, in single precision."""

    def __init__(self, order: int) -> None:
        half = order // 2
        self.weights = stencil(order, 0).cast(np.float32)
        self.box = whole_band(ROWS, COLUMNS, half)
        self.shape = (ROWS + 2 * half, COLUMNS + 2 * half)
        psi, delta = (np.zeros((4, self.shape[0], n), np.float32) for n in (WIDTH, WIDTH + 4 * half))
        self.strip = Strip(half, half + WIDTH, np.zeros((6, WIDTH), np.float32), psi, delta)

    def array(self) -> np.ndarray:
        return np.zeros(self.shape, np.float32)

    def fill(self, *kinds) -> tuple:
        """Named tuples of arrays, then the box and the weights."""
        return (*(kind(*(self.array() for _ in kind._fields)) for kind in kinds), self.box, self.weights)

    def in_layer(self, arrays: int) -> tuple:
        return (*(self.array() for _ in range(arrays)), self.strip, 1, self.box, self.weights)

    def relaxing(self, fields: int, memories: int, moduli: int) -> tuple:
        of_mechanism = [np.zeros((2, *self.shape), np.float32) for _ in range(memories)]
        plain = [self.array() for _ in range(fields)], [self.array() for _ in range(moduli)]
        a = np.zeros(2, np.float32)
        return (*plain[0], *of_mechanism, *plain[1], a, a, self.box)


def case(module, name: str, order: int, make):
    return pytest.param(getattr(module, name), order, make, id=f"{name}-{order}")


PSV = steps_psv.Fields, steps_psv.Coefficients
ACOUSTIC = steps_acoustic.Fields, steps_acoustic.Coefficients
SH = steps_sh.Fields, steps_sh.Coefficients
CASES = [
    *(
        case(kernels_psv, name, order, lambda a: a.fill(*PSV))
        for name in ("update_velocity", "update_stress")
        for order in (2, 12)
    ),
    *(
        case(kernels_acoustic, n, 12, lambda a: a.fill(*ACOUSTIC))
        for n in ("update_velocity", "update_pressure")
    ),
    *(case(kernels_sh, name, 12, lambda a: a.fill(*SH)) for name in ("update_velocity", "update_stress")),
    case(layers, "absorb_x_forward", 12, lambda a: a.in_layer(3)),
    case(layers, "absorb_y_backward", 12, lambda a: a.in_layer(3)),
    case(layers, "absorb_pair_x", 12, lambda a: a.in_layer(5)),
    case(layers, "absorb_pair_y", 12, lambda a: a.in_layer(5)),
    case(layers, "transpose_x_forward", 12, lambda a: a.in_layer(3)),
    case(layers, "transpose_pair_y", 12, lambda a: a.in_layer(5)),
    case(relaxation, "relax_pair", 2, lambda a: a.relaxing(4, 2, 4)),
    case(relaxation, "transpose_relax_pair", 2, lambda a: a.relaxing(6, 2, 4)),
]
#: loops over points of the functions that these kernels call
CALLED = {"transpose_x_forward": 1, "transpose_pair_y": 1}


@pytest.mark.parametrize(("function", "order", "make"), CASES)
def test_every_loop_over_points_is_vectorised(function, order, make):
    loops = inspect.getsource(function).count("for v in range(") + CALLED.get(function.__name__, 0)
    vectors, products = look_at(function, make(Arguments(order)))
    assert vectors >= loops > 0
    assert products >= loops


def signed(f, c, box, w):
    """How not to write it."""
    for j in range(box.y0, box.y1):
        for i in range(box.x0, box.x1):
            d = w[0] * (f.sxx[j, i + 1] - f.sxx[j, i])
            for m in range(1, len(w)):
                d += w[m] * (f.sxx[j, i + m + 1] - f.sxx[j, i - m])
            f.vx[j, i] += c.bx[j, i] * d


def test_a_loop_without_vectors_is_noticed():
    """Signed positions, which the compiler has to test for negative ones, so that it finds no vectors."""
    assert look_at(signed, Arguments(4).fill(*PSV))[0] == 0


def look_at(function, arguments: tuple) -> tuple[int, int]:
    """Most products of vectors in one function of the intermediate code of a compiled kernel, and number of
    those on the widest registers in its machine code."""
    compiled = numba.njit(fastmath=set(FAST_MATH), error_model="numpy", boundscheck=False)(function)
    compiled.compile(tuple(map(numba.typeof, arguments)))
    code, assembly = ("".join(text.values()) for text in (compiled.inspect_llvm(), compiled.inspect_asm()))
    functions = re.findall(r"^define .*?^}", code, flags=re.MULTILINE | re.DOTALL)
    vectors = max(len(re.findall(rf"@llvm\.fmuladd\.v{LANES}f32\(", text)) for text in functions)
    products = re.findall(rf"\bv?(?:fn?m(?:add|sub)\d+|mul)ps\s[^\n]*%{_register()}", assembly)
    return vectors, len(products)


def _register() -> str:
    """The first letters of vector registers this processor has."""
    features = llvmlite.binding.get_host_cpu_features()
    return "[yz]mm" if features.get("avx") else "xmm"
