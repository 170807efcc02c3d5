"""The reduced Marmousi-II inversion: ten shots, low-pass 2.5 Hz, 30 iterations from the 1-D start model.

    python -m benchmarks.marmousi --data FOLDER [--processes N]

FOLDER holds the model and acquisition files, see par/marmousi_II/README.md. Prints the misfit reduction, the
model errors in the centre, and the time.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

RUN = Path(__file__).parents[1] / "par" / "marmousi_II" / "run.py"


def main() -> int:
    """Run the case in a scratch folder; returns its exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--data", type=Path, required=True, help="folder with the model and acquisition files"
    )
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        command = [sys.executable, str(RUN), "--reduced", "--data", str(options.data.resolve())]
        command += ["--work", work, "--processes", str(options.processes)]
        return subprocess.run(command).returncode


if __name__ == "__main__":
    sys.exit(main())
