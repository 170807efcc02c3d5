"""`denise warmup [FILE.json]`: compiles kernels ahead of the runs that need them."""

from __future__ import annotations

import argparse

from denise_py.fd.weights import ORDERS
from denise_py.medium.attenuation import Relaxation
from denise_py.parameters.settings import read_settings
from denise_py.physics.registry import physics, physics_keys
from denise_py.workflow.compilation import KINDS, Code, code_of, compile_all, plain_scheme


def run(args: list[str]) -> int:
    """Compiles what a parameter file or the options ask for and tells how long it took; 0."""
    parser = argparse.ArgumentParser(
        prog="denise warmup",
        description="Compile kernels and keep them, so that later runs find them: those that FILE.json needs "
        "(no other file is read), or without it those of the waves and orders given by the options.",
    )
    parser.add_argument("file", nargs="?", metavar="FILE.json", help="a parameter file")
    parser.add_argument(
        "--waves", nargs="+", choices=physics_keys(), default=["elastic-psv"], help="default: elastic-psv"
    )
    parser.add_argument(
        "--orders", nargs="+", type=int, choices=ORDERS, default=[2, 4, 6, 8], help="default: 2 4 6 8"
    )
    parser.add_argument("--blocks", action="store_true", help="also for grids cut by NPROCX and NPROCY")
    found = parser.parse_args(args)
    compile_all(code_of(read_settings(found.file)) if found.file else _usual(found))
    return 0


def _usual(chosen: argparse.Namespace) -> list[Code]:
    """Forward and transposed simulations of the chosen waves and orders."""
    relaxation = Relaxation((1.0,), 1.0, 1e-3)
    return [
        Code(physics(key, relaxation), plain_scheme(order), kind, halves)
        for key in chosen.waves
        for order in chosen.orders
        for kind in KINDS[:2]
        for halves in ([False, True] if chosen.blocks else [False])
    ]
