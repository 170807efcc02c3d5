"""Minimisation of a function of many variables: directions, line searches, limits, one iteration at a time.

Works on 1-D float64 vectors in a scaled space and on callables. Nothing in here knows about waves, files or
processes. A direction d is a descent direction (g.d < 0) and a trial point is project(p + alpha d).
"""

from denise_py.optimise.adam import Adam
from denise_py.optimise.constraints import BoxConstraints, Constraint, FunctionConstraint, Unconstrained
from denise_py.optimise.descent import IterationReport, Minimiser, Objective, Options, Problem, minimise
from denise_py.optimise.gauss_newton import GaussNewton, solve_truncated
from denise_py.optimise.lbfgs import LimitedMemory
from denise_py.optimise.line_search import (
    ParabolicResult,
    Stride,
    WolfeResult,
    WolfeTrial,
    fixed_step_search,
    parabolic_search,
    stride,
    strong_wolfe,
    verified,
)
from denise_py.optimise.pcg import BETAS, ConjugateGradient

__all__ = [
    "BETAS",
    "Adam",
    "BoxConstraints",
    "ConjugateGradient",
    "Constraint",
    "FunctionConstraint",
    "GaussNewton",
    "IterationReport",
    "LimitedMemory",
    "Minimiser",
    "Objective",
    "Options",
    "ParabolicResult",
    "Problem",
    "Stride",
    "Unconstrained",
    "WolfeResult",
    "WolfeTrial",
    "fixed_step_search",
    "minimise",
    "parabolic_search",
    "solve_truncated",
    "stride",
    "strong_wolfe",
    "verified",
]
