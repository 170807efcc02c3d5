"""The rules on who may import whom, checked on the source text.

A module may import from its own layer and the layers before it; there are no cycles; MPI, plotting and the
names of the parameter file each live in one place.
"""

from __future__ import annotations

import ast
import graphlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "denise_py"
LAYERS = [
    *("errors", "log", "parameters", "grid", "traces", "parallel", "medium", "fd", "physics", "acquisition"),
    *("propagate", "misfit", "gradient", "mapping", "regularisation", "optimise", "output", "workflow"),
    *("plot", "cli", "__main__"),
]
# library -> where it may be imported
HOMES = {"mpi4py": "denise_py.parallel.comm", "matplotlib": "denise_py.plot"}
PARAMETER_NAME = re.compile(r"[A-Z][A-Z0-9_]{4,}")


def modules(package: Path) -> dict[str, Path]:
    """Dotted name -> file of every module of the package."""
    names = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package.parent).with_suffix("").parts
        names[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return names


def imports(name: str, path: Path) -> Iterator[str]:
    """Dotted names of everything a module imports, wherever in its text; `from a import b` yields a.b."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
            above = package[: len(package) + 1 - node.level] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def internal_imports(package: Path) -> dict[str, set[str]]:
    """Module -> modules of the package it imports."""
    known = modules(package)
    graph = {}
    for name, path in known.items():
        targets = set()
        for target in imports(name, path):
            while target and target not in known:
                target = target.rpartition(".")[0]
            targets.add(target)
        graph[name] = targets - {name, ""}
    return graph


def layer(name: str) -> str:
    """The layer of a module, an empty string for the package itself."""
    return name.split(".")[1] if "." in name else ""


def layer_violations(package: Path) -> list[str]:
    """Imports that go to a later layer, and modules that belong to none."""
    graph = internal_imports(package)
    found = [f"{name} belongs to no layer" for name in graph if layer(name) not in ["", *LAYERS]]
    rank = {name: number for number, name in enumerate(["", *LAYERS])}
    for name, targets in graph.items():
        here = rank.get(layer(name), 0)
        found += [
            f"{name} imports {target}" for target in sorted(targets) if rank.get(layer(target), 0) > here
        ]
    return found


def cycle(package: Path) -> list[str]:
    """One ring of modules that import each other, empty if there is none."""
    try:
        tuple(graphlib.TopologicalSorter(internal_imports(package)).static_order())
    except graphlib.CycleError as error:
        return error.args[1]
    return []


def stray_libraries(package: Path) -> list[str]:
    """Imports of a library outside its home."""
    return [
        f"{name} imports {target}"
        for name, path in modules(package).items()
        for target in imports(name, path)
        for library, home in HOMES.items()
        if target.split(".")[0] == library and not f"{name}.".startswith(f"{home}.")
    ]


def eager_parts(package: Path) -> list[str]:
    """Imports of parts of scipy, which load at once; `import scipy` loads them when they are used."""
    return [
        f"{name} imports {target}"
        for name, path in modules(package).items()
        for target in imports(name, path)
        if target.startswith("scipy.")
    ]


def strings(path: Path) -> set[str]:
    """All string constants of a module that look like the name of a parameter."""
    constants = (n.value for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.Constant))
    return {value for value in constants if isinstance(value, str) and PARAMETER_NAME.fullmatch(value)}


def stray_parameter_names(package: Path) -> list[str]:
    """Names of the parameter table that stand as strings outside parameters/."""
    names = strings(package / "parameters" / "table.py")
    return [
        f"{module}: {name}"
        for module, path in modules(package).items()
        if layer(module) != "parameters"
        for name in sorted(strings(path) & names)
    ]


def test_modules_import_only_from_earlier_layers():
    assert layer_violations(PACKAGE) == []


def test_there_are_no_import_cycles():
    assert cycle(PACKAGE) == []


def test_libraries_stay_in_their_homes():
    assert stray_libraries(PACKAGE) == []


def test_parts_of_scipy_load_when_they_are_used():
    assert eager_parts(PACKAGE) == []


def test_parameter_names_stay_in_the_table():
    assert stray_parameter_names(PACKAGE) == []


@pytest.fixture
def small_package(tmp_path):
    """A package that keeps all rules."""
    sources = {
        "__init__.py": "",
        "errors.py": "",
        "grid.py": "from denise_py.errors import DataError\n",
        "parameters/__init__.py": "",
        "parameters/table.py": "TABLE = {'NPROCX': 1, 'SEISMO': 2, 'TIME': 3}\n",
        "parallel/__init__.py": "",
        "parallel/comm.py": "def load():\n    from mpi4py import MPI\n",
        "parallel/domain.py": "from ..grid import Grid\nfrom . import comm\n",
        "plot/__init__.py": "import matplotlib.pyplot as plt\n",
        "cli/main.py": "import denise_py.parallel.domain\nprint('NPROCX must fit', 'TIME')\n",
    }
    package = tmp_path / "denise_py"
    for name, text in sources.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(text)
    return package


CHECKS = (layer_violations, cycle, stray_libraries, eager_parts, stray_parameter_names)


def test_the_checks_accept_a_clean_package(small_package):
    assert [check(small_package) for check in CHECKS] == [[]] * len(CHECKS)


@pytest.mark.parametrize(
    ("name", "line", "check", "finding"),
    [
        (
            "grid.py",
            "from denise_py.cli import main",
            layer_violations,
            "denise_py.grid imports denise_py.cli.main",
        ),
        (
            "grid.py",
            "def f():\n    from .parallel.comm import load",
            layer_violations,
            "denise_py.parallel.comm",
        ),
        ("helpers.py", "", layer_violations, "denise_py.helpers belongs to no layer"),
        ("parallel/comm.py", "from denise_py.parallel.domain import x", cycle, "denise_py.parallel.domain"),
        ("parallel/domain.py", "from mpi4py.MPI import COMM_WORLD", stray_libraries, "mpi4py.MPI.COMM_WORLD"),
        ("parallel/comm2.py", "import mpi4py", stray_libraries, "denise_py.parallel.comm2 imports mpi4py"),
        (
            "cli/plot.py",
            "def f():\n    import matplotlib",
            stray_libraries,
            "denise_py.cli.plot imports matplotlib",
        ),
        (
            "grid.py",
            "def f():\n    from scipy import signal",
            eager_parts,
            "denise_py.grid imports scipy.signal",
        ),
        (
            "cli/main.py",
            "def f(d):\n    return d['SEISMO']",
            stray_parameter_names,
            "denise_py.cli.main: SEISMO",
        ),
    ],
)
def test_the_checks_find_a_violation(small_package, name, line, check, finding):
    path = small_package / name
    path.write_text((path.read_text() if path.exists() else "") + line + "\n")
    found = check(small_package)
    assert any(finding in item for item in found), found
