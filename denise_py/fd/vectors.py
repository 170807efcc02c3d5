"""Vectors of LANES neighbouring numbers of a row, for kernels that say themselves what is a vector.

A loop of scalars is made one of vectors by the compiler only after it has proved that its arrays do not
overlap, row by row, which takes as long as a dozen points do. Here vectors are written down. And a
derivative along x needs numbers that are shifted by a few places: they are cut out of neighbouring aligned
vectors, because loads that cross a boundary of cache lines cost two (where the processor cannot do that
in one instruction they are loaded).

Positions p are flat, unsigned, in arrays that are contiguous. What is read is a vector or a single number,
as the weights w that are passed along are (`widened` or plain): a kernel has one body for whole vectors and
for what is left of a row. Sums are contracted where `madd` says so and nowhere else, so both have the same
bits. Without a compiler vectors are small numpy arrays.
"""

from __future__ import annotations

import operator
import platform

import llvmlite.binding
import numba
import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model

from denise_py.fd.containers import LANES


class Vector(types.Type):
    """numba's type of LANES floats."""

    def __init__(self, dtype: types.Float) -> None:
        self.dtype = dtype
        super().__init__(name=f"Vector({dtype}, {LANES})")


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager, kind):
        element = ir.FloatType() if kind.dtype == types.float32 else ir.DoubleType()
        super().__init__(manager, kind, ir.VectorType(element, LANES))


def _cuts() -> bool:
    """Whether the processor cuts a vector out of two in one instruction."""
    if platform.machine() not in ("x86_64", "AMD64"):
        return False
    return bool(llvmlite.binding.get_host_cpu_features().get("avx512f"))


CUTS = _cuts()


# --- arithmetic --------------------------------------------------------------------------------------------


def _binary(op, emit: str) -> None:
    @infer_global(op)
    class _(AbstractTemplate):
        def generic(self, args, kws):
            if len(args) == 2 and isinstance(args[0], Vector) and args[0] == args[1]:
                return signature(args[0], *args)
            return None

    @lower_builtin(op, Vector, Vector)
    def _(context, builder, sig, args):
        return getattr(builder, emit)(*args)


_binary(operator.add, "fadd")
_binary(operator.sub, "fsub")
_binary(operator.mul, "fmul")


def _multiply_add(builder, a, b, c):
    kind = a.type
    suffix = f"v{LANES}" if isinstance(kind, ir.VectorType) else ""
    element = kind.element if suffix else kind
    name = f"llvm.fmuladd.{suffix}f{32 if isinstance(element, ir.FloatType) else 64}"
    function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(kind, [kind] * 3), name)
    return builder.call(function, (a, b, c))


# --- memory ------------------------------------------------------------------------------------------------


def _pointer(context, builder, array_type, array, p, kind):
    """Pointer to the element p of an array, for numbers of a kind."""
    data = context.make_array(array_type)(context, builder, array).data
    place = builder.gep(data, [p])
    return builder.bitcast(place, context.get_value_type(kind).as_pointer())


def _load(context, builder, array_type, array, p, kind):
    place = _pointer(context, builder, array_type, array, p, kind)
    return builder.load(place, align=array_type.dtype.bitwidth // 8)


def _moved(builder, p, distance):
    return builder.add(p, ir.Constant(p.type, distance))


def _neighbours(context, builder, array_type, array, p, offsets, kind):
    """Numbers at p + offset for all offsets (less than LANES): {offset: value}."""
    if not CUTS or not isinstance(kind, Vector):
        return {o: _load(context, builder, array_type, array, _moved(builder, p, o), kind) for o in offsets}
    whole = {}
    for place in (-1, 0, 1):
        if place == 0 or any(o * place > 0 for o in offsets):
            at = _moved(builder, p, place * LANES)
            whole[place] = _load(context, builder, array_type, array, at, kind)
    found = {}
    for o in offsets:
        if o == 0:
            found[o] = whole[0]
            continue
        low, high, first = (whole[-1], whole[0], LANES + o) if o < 0 else (whole[0], whole[1], o)
        mask = ir.Constant(ir.VectorType(ir.IntType(32), LANES), list(range(first, first + LANES)))
        found[o] = builder.shuffle_vector(low, high, mask)
    return found


def _weighted(builder, weights, pairs):
    """w_0 (b_0 - a_0) + w_1 (b_1 - a_1) + ..."""
    d = None
    for k, (b, a) in enumerate(pairs):
        weight, difference = builder.extract_value(weights, k), builder.fsub(b, a)
        d = builder.fmul(weight, difference) if d is None else _multiply_add(builder, weight, difference, d)
    return d


def _derivative_x(shift: int):
    """Forward (shift 1) or backward (shift 0) derivative."""

    def typed(typingcontext, f, p, w):
        def code(context, builder, sig, args):
            field, position, weights = args
            n = len(sig.args[2])
            pairs = [(m + shift, m + shift - 1 - 2 * m) for m in range(n)]
            offsets = sorted({o for pair in pairs for o in pair})
            at = _neighbours(context, builder, sig.args[0], field, position, offsets, sig.return_type)
            return _weighted(builder, weights, [(at[b], at[a]) for b, a in pairs])

        return w.dtype(f, types.uint64, w), code

    return typed


def _derivative_y(shift: int):
    def typed(typingcontext, f, p, pitch, w):
        def code(context, builder, sig, args):
            field, position, step, weights = args

            def at(rows):
                p = builder.add(position, builder.mul(step, ir.Constant(step.type, rows)))
                return _load(context, builder, sig.args[0], field, p, sig.return_type)

            pairs = [(m + shift, m + shift - 1 - 2 * m) for m in range(len(sig.args[3]))]
            return _weighted(builder, weights, [(at(b), at(a)) for b, a in pairs])

        return w.dtype(f, types.uint64, types.uint64, w), code

    return typed


def _splat(builder, x, kind):
    one = builder.insert_element(ir.Constant(kind, ir.Undefined), x, ir.Constant(ir.IntType(32), 0))
    mask = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    return builder.shuffle_vector(one, ir.Constant(kind, ir.Undefined), mask)


def _add_vector_functions() -> dict:
    """The compiled kind of all functions below."""

    def read(typingcontext, a, p, w):
        def code(context, builder, sig, args):
            return _load(context, builder, sig.args[0], args[0], args[1], sig.return_type)

        return w.dtype(a, types.uint64, w), code

    def write(typingcontext, a, p, value):
        def code(context, builder, sig, args):
            place = _pointer(context, builder, sig.args[0], args[0], args[1], sig.args[2])
            builder.store(args[2], place, align=sig.args[0].dtype.bitwidth // 8)
            return context.get_dummy_value()

        return types.void(a, types.uint64, value), code

    def madd(typingcontext, a, b, c):
        def code(context, builder, sig, args):
            return _multiply_add(builder, *args)

        return a(a, a, a), code

    def widened(typingcontext, w):
        def code(context, builder, sig, args):
            kind = context.get_value_type(sig.return_type)
            result = ir.Constant(kind, ir.Undefined)
            for k in range(len(sig.args[0])):
                wide = _splat(builder, builder.extract_value(args[0], k), kind.element)
                result = builder.insert_value(result, wide, k)
            return result

        return types.UniTuple(Vector(w.dtype), len(w))(w), code

    def same(typingcontext, x, w):
        def code(context, builder, sig, args):
            if not isinstance(sig.return_type, Vector):
                return args[0]
            return _splat(builder, args[0], context.get_value_type(sig.return_type))

        return w.dtype(w.dtype.dtype if isinstance(w.dtype, Vector) else w.dtype, w), code

    found = {f.__name__: f for f in (read, write, madd, widened, same)}
    found |= {"dx_forward": _derivative_x(1), "dx_backward": _derivative_x(0)}
    found |= {"dy_forward": _derivative_y(1), "dy_backward": _derivative_y(0)}
    return {name: intrinsic(f) for name, f in found.items()}


# --- the functions of this module, without a compiler ------------------------------------------------------


def read(a, p, w):
    """The number or the vector at position p of an array, as w has numbers or vectors."""
    flat, p = a.reshape(-1), int(p)
    return flat[p : p + LANES].copy() if np.ndim(w[0]) else flat[p]


def write(a, p, value):
    """a = value at position p."""
    flat, p = a.reshape(-1), int(p)
    if np.ndim(value):
        flat[p : p + LANES] = value
    else:
        flat[p] = value


def madd(a, b, c):
    """a b + c, rounded once where the processor can do that."""
    return a * b + c


def widened(w):
    """Weights as vectors."""
    return tuple(np.full(LANES, weight, np.asarray(weight).dtype) for weight in w)


def same(x, w):
    """The number x in the kind of w."""
    return np.full(LANES, x, w[0].dtype) if np.ndim(w[0]) else w[0].dtype.type(x)


def _weighted_sum(f, p, step, shift, w):
    d = w[0] * 0
    for m in range(len(w)):
        after, before = int(p) + (m + shift) * int(step), int(p) + (shift - 1 - m) * int(step)
        d = madd(w[m], read(f, after, w) - read(f, before, w), d)
    return d


def dx_forward(f, p, w):
    """Derivative along x half a cell right of p, times dh."""
    return _weighted_sum(f, p, 1, 1, w)


def dx_backward(f, p, w):
    """Derivative along x half a cell left of p, times dh."""
    return _weighted_sum(f, p, 1, 0, w)


def dy_forward(f, p, pitch, w):
    """Derivative along y half a cell below p, times dh; pitch: length of a row."""
    return _weighted_sum(f, p, pitch, 1, w)


def dy_backward(f, p, pitch, w):
    """Derivative along y half a cell above p, times dh."""
    return _weighted_sum(f, p, pitch, 0, w)


if not numba.config.DISABLE_JIT:
    globals().update(_add_vector_functions())
