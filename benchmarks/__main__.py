"""`python -m benchmarks`: the table of speeds."""

from benchmarks.kernels import main

main()
