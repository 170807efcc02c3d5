"""Model files: float32 little-endian, nx * ny values, x slow and y fast, without a header.

In memory models are (ny, nx) [y, x], so array[j - 1, i - 1] belongs to node (i, j) at (i dh, j dh).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from denise_py.errors import DataError, ParameterError
from denise_py.grid import Grid
from denise_py.traces.files import atomic_file, read_bytes

VELOCITIES, IMPEDANCES, LAME = 1, 2, 3

# Model files of each parameterisation (INVMAT1). Impedances are made from velocities and density.
_FILES: Mapping[int, tuple[str, ...]] = {
    VELOCITIES: ("vp", "vs", "rho"),
    IMPEDANCES: ("vp", "vs", "rho"),
    LAME: ("lam", "mu", "rho"),
}


# ------------------------------------------------------------------------------------------ single files


def read_grid_file(path: str | os.PathLike[str], grid: Grid) -> np.ndarray:
    """One quantity on all nodes, (ny, nx) float32.

    Raises DataError when the file is missing, has another size than the grid, holds NaN or infinity, or is
    obviously big-endian.
    """
    raw = read_bytes(path)
    expected = 4 * grid.nx * grid.ny
    if len(raw) != expected:
        raise DataError(
            f"{path}: {len(raw)} bytes found, {expected} needed (NX = {grid.nx} times NY = {grid.ny} float32 "
            f"values){_size_hint(len(raw), grid)}"
        )
    model = np.ascontiguousarray(np.frombuffer(raw, "<f4").reshape(grid.nx, grid.ny).T, dtype=np.float32)
    if not _is_moderate(model) and _is_moderate(model.byteswap()):
        raise DataError(f"{path}: the numbers have the wrong byte order (big-endian): convert the file")
    bad = ~np.isfinite(model)
    if bad.any():
        j, i = _first_node(bad)
        raise DataError(
            f"{path}: {bad.sum()} values are not finite (first {model[j, i]} at {_position(i, j, grid)})"
        )
    return model


def _is_moderate(values: np.ndarray) -> bool:
    """Whether no value is absurd as a velocity, a density or a modulus in SI units; swapped bytes give
    exponents all over the range."""
    size = np.abs(values)
    return bool(np.all((size == 0) | ((size > 1e-3) & (size < 1e15))))


def _size_hint(size: int, grid: Grid) -> str:
    if size == 8 * grid.nx * grid.ny:
        return "; it has the size of float64 values: convert it to float32"
    values, rest = divmod(size, 4)
    if rest or not values:
        return "; it is no list of float32 values"
    shapes = []
    if values % grid.ny == 0:
        shapes.append(f"NX = {values // grid.ny}, NY = {grid.ny}")
    if values % grid.nx == 0:
        shapes.append(f"NX = {grid.nx}, NY = {values // grid.nx}")
    return f"; it would fit {' or '.join(shapes)}" if shapes else f"; it holds {values} values"


def write_grid_file(
    path: str | os.PathLike[str], array: np.ndarray, every_x: int = 1, every_y: int = 1
) -> None:
    """Write an array (ny, nx) as a model file (atomically): nodes i = 1, 1 + every_x, ..., likewise j."""
    with atomic_file(path) as stream:
        stream.write(np.asarray(array)[::every_y, ::every_x].T.astype("<f4").tobytes())


# ---------------------------------------------------------------------------------------- whole models


def read_model(
    base: str, parameterization: int, grid: Grid, *, acoustic: bool = False, sh_only: bool = False
) -> dict[str, np.ndarray]:
    """The files of a model by name, each (ny, nx) float32.

    base: path without the endings; parameterization: 1 velocities (files .vp, .vs, .rho), 2 impedances (the
    same files), 3 Lame parameters (.lam, .mu, .rho). Acoustic runs need no .vs, SH runs no .vp.
    Units: m/s, kg/m3, Pa.

    Raises DataError with one line for every file that is missing or malformed, or else for every
    physical impossibility (see model_problems), ParameterError for an unknown parameterisation.
    """
    if parameterization not in _FILES:
        raise ParameterError(f"INVMAT1 = {parameterization} is unknown: allowed are 1, 2 and 3")
    names = list(_FILES[parameterization])
    if acoustic and "vs" in names:
        names.remove("vs")
    if sh_only and "vp" in names:
        names.remove("vp")
    model = _read_all(base, names, grid)
    problems = model_problems(model, grid, base)
    if problems:
        raise DataError("\n".join(problems))
    return model


def read_relaxation(base: str, grid: Grid, *, acoustic: bool = False) -> dict[str, np.ndarray]:
    """Levels of attenuation 2 / Q from the optional files .qp and .qs, as 'taup' and 'taus'.

    Each (ny, nx) float32; a name is absent when its file does not exist (the constant TAU serves instead).
    Acoustic runs look for .qp only. Raises DataError for malformed files and Q that is not positive.
    """
    names = [name for name in (("qp",) if acoustic else ("qp", "qs")) if Path(f"{base}.{name}").exists()]
    quality = _read_all(base, names, grid)
    problems = _violations(
        grid, (_Rule(f"{base}.{q}", values, values <= 0, "not positive") for q, values in quality.items())
    )
    if problems:
        raise DataError("\n".join(problems))
    return {f"tau{name[1]}": np.float32(2) / values for name, values in quality.items()}


def _read_all(base: str, names: list[str], grid: Grid) -> dict[str, np.ndarray]:
    arrays, problems = {}, []
    for name in names:
        try:
            arrays[name] = read_grid_file(f"{base}.{name}", grid)
        except DataError as error:
            problems.append(str(error))
    if problems:
        raise DataError("\n".join(problems))
    return arrays


# --------------------------------------------------------------------------------------------- physics


@dataclass(frozen=True)
class _Rule:
    """A mask of nodes that break a rule, with the values to show and the words to say it."""

    where: str
    values: np.ndarray
    broken: np.ndarray
    text: str


def model_problems(model: Mapping[str, np.ndarray], grid: Grid, base: str = "model") -> list[str]:
    """One line for each physical law the model breaks; works with whichever quantities are there.

    Density and P velocity (or lam + 2 mu) must be positive, except in void, where both velocities (moduli)
    are 0; S velocity (or mu) not negative (0 is a fluid), and the bulk modulus lam + 2/3 mu not negative,
    that is vp >= sqrt(4/3) vs.
    """
    return _violations(grid, _laws(model, base))


def model_warnings(model: Mapping[str, np.ndarray], grid: Grid, base: str = "model") -> list[str]:
    """One line when Poisson's ratio is negative somewhere (vp < sqrt(2) vs, lam < 0): possible, but rare."""
    return _violations(grid, _oddities(model, base))


def void_nodes(model: Mapping[str, np.ndarray]) -> np.ndarray:
    """Nodes without any material, (ny, nx) bool: neither vp nor vs (or neither lam nor mu). A model of SH
    waves, without vp, has none."""
    fast, slow = ("lam", "mu") if "lam" in model else ("vp", "vs")
    if fast not in model:
        return np.zeros(model["rho"].shape, bool)
    return (model[fast] == 0) & (model.get(slow, 0.0) == 0)


def _laws(model: Mapping[str, np.ndarray], base: str) -> Iterable[_Rule]:
    void = void_nodes(model) if "rho" in model else np.zeros((1, 1), bool)
    for name in ("rho", "vp"):
        if name in model:
            yield _Rule(f"{base}.{name}", model[name], (model[name] <= 0) & ~void, "not positive")
            yield _Rule(f"{base}.{name}", model[name], (model[name] < 0) & void, "negative")
    for name in ("vs", "mu"):
        if name in model:
            yield _Rule(f"{base}.{name}", model[name], model[name] < 0, "negative")
    if "vp" in model and "vs" in model:
        ratio = _ratio(model)
        yield _Rule(
            f"{base}.vp", ratio, ratio**2 < 4 / 3, "of vp / vs below sqrt(4/3), negative bulk modulus"
        )
    if "lam" in model:
        lam, mu = (model[name].astype(np.float64) for name in ("lam", "mu"))
        stiffness = lam + 2 * mu
        yield _Rule(
            f"{base}.lam", model["lam"], (stiffness <= 0) & ~void, "too small, lam + 2 mu is not positive"
        )
        yield _Rule(
            f"{base}.lam", model["lam"], 3 * lam + 2 * mu < 0, "too small, the bulk modulus is negative"
        )


def _oddities(model: Mapping[str, np.ndarray], base: str) -> Iterable[_Rule]:
    if "vp" in model and "vs" in model:
        ratio = _ratio(model)
        yield _Rule(f"{base}.vp", ratio, ratio**2 < 2, "of vp / vs below sqrt(2), negative Poisson's ratio")
    if "lam" in model:
        yield _Rule(f"{base}.lam", model["lam"], model["lam"] < 0, "negative, negative Poisson's ratio")


def _ratio(model: Mapping[str, np.ndarray]) -> np.ndarray:
    """vp / vs in float64; infinite in fluids and where vs is invalid anyway."""
    vp, vs = (model[name].astype(np.float64) for name in ("vp", "vs"))
    return np.divide(vp, vs, out=np.full(vp.shape, np.inf), where=vs > 0)


def _violations(grid: Grid, rules: Iterable[_Rule]) -> list[str]:
    return [_sentence(rule, grid) for rule in rules if rule.broken.any()]


def _sentence(rule: _Rule, grid: Grid) -> str:
    j, i = _first_node(rule.broken)
    return (
        f"{rule.where}: {rule.broken.sum()} values {rule.text} "
        f"(first {rule.values[j, i]:g} at {_position(i, j, grid)})"
    )


def _first_node(mask: np.ndarray) -> tuple[int, int]:
    """Array indices (j, i) of the first true value in the order of the file."""
    i, j = np.argwhere(mask.T)[0]
    return int(j), int(i)


def _position(i: int, j: int, grid: Grid) -> str:
    return f"node ({i + 1}, {j + 1}), x = {(i + 1) * grid.dh:g} m, y = {(j + 1) * grid.dh:g} m"
