"""Runs in a Python with torch and deepwave, for benchmarks.versus_deepwave; needs nothing of this project.

Every line of input is `nx ny order steps`; the answer is the processor time in s of one forward run.
"""

from __future__ import annotations

import sys
import time

LAYER = 20


def main() -> None:
    """Answer lines until there are no more."""
    import deepwave
    import torch

    torch.set_num_threads(1)
    print("ready", torch.__version__, flush=True)
    for line in sys.stdin:
        nx, ny, order, steps = map(int, line.split())
        # the layers are added around the model, so that the whole grid is nx x ny points
        shape = ny - LAYER, nx - 2 * LAYER
        rho, vp, vs = 2000.0, 3000.0, 1700.0
        mu = torch.full(shape, rho * vs**2)
        lam = torch.full(shape, rho * (vp**2 - 2 * vs**2))
        buoyancy = torch.full(shape, 1 / rho)
        across = torch.linspace(5, shape[1] - 5, 50).long()
        receivers = torch.stack([torch.full((50,), 3), across], dim=1)[None]
        start = time.process_time()
        with torch.no_grad():
            deepwave.elastic(
                lam, mu, buoyancy, 10.0, 1e-3,
                source_amplitudes_y=torch.ones(1, 1, steps),
                source_locations_y=torch.tensor([[[2, shape[1] // 2]]]),
                receiver_locations_y=receivers, receiver_locations_x=receivers,
                accuracy=order, pml_width=[0, LAYER, LAYER, LAYER], pml_freq=10.0,
            )  # fmt: skip
        print(time.process_time() - start, flush=True)


if __name__ == "__main__":
    main()
