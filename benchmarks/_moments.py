"""`python -m benchmarks._moments FILE.json ...`: runs a parameter file and tells when it reached what.

Prints, besides what denise prints, a line `moments {...}` on the first process: seconds since $BEGUN (Unix
time at which the launcher was called) of the end of the first forward and of the first transposed simulation
and of the run. Simulations of few steps end with their first time steps.
"""

from __future__ import annotations

import atexit
import json
import os
import sys
import time
from collections.abc import Callable


def main() -> None:
    """Run denise with stopwatches in the time loop."""
    begun, moments = float(os.environ["BEGUN"]), {}
    moments["python"] = time.time() - begun
    from denise_py.cli.main import main as denise
    from denise_py.parallel.launch import find_launch
    from denise_py.propagate import Propagator

    def watched(name: str, method: Callable) -> Callable:
        def run(self, *arguments, **options):
            result = method(self, *arguments, **options)
            if self.grid.nx > 100:  # not the tiny ones that compile
                moments.setdefault(name, time.time() - begun)
            return result

        return run

    for name in ("forward", "transposed"):
        setattr(Propagator, name, watched(name, getattr(Propagator, name)))

    def tell() -> None:
        moments["end"] = time.time() - begun
        launch = find_launch(os.environ)
        if launch is None or launch.rank == 0:
            print("moments", json.dumps(moments), flush=True)

    atexit.register(tell)
    denise(sys.argv[1:])


if __name__ == "__main__":
    main()
