"""`python -m benchmarks [NAME] [options]`: runs a benchmark; without NAME that of the speeds."""

from __future__ import annotations

import ast
import importlib
import sys
from pathlib import Path

HERE = Path(__file__).parent
DEFAULT = "kernels"


def benchmarks() -> dict[str, str]:
    """Names and first lines of all benchmarks: the modules here that have a `main`."""
    found = {}
    for path in sorted(HERE.glob("[a-z]*.py")):
        module = ast.parse(path.read_text(encoding="utf-8"))
        functions = {node.name for node in module.body if isinstance(node, ast.FunctionDef)}
        if "main" in functions and not path.stem.startswith("_"):
            found[path.stem] = (ast.get_docstring(module) or "").split("\n")[0]
    return found


def main() -> int:
    """Run what the command line names; its exit code."""
    arguments = sys.argv[1:] or [DEFAULT]
    known = benchmarks()
    if arguments[0] in ("-h", "--help", "list"):
        print("usage: python -m benchmarks [NAME] [options]     (options of one: NAME --help)\n")
        print("\n".join(f"{name:16} {title}" for name, title in known.items()))
        return 0
    if arguments[0] not in known:
        print(f"there is no benchmark {arguments[0]!r}: there are {', '.join(known)}", file=sys.stderr)
        return 2
    sys.argv = [f"python -m benchmarks {arguments[0]}", *arguments[1:]]
    return importlib.import_module(f"benchmarks.{arguments[0]}").main() or 0


if __name__ == "__main__":
    sys.exit(main())
