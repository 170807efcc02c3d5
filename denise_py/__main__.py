"""`python -m denise_py`: the command `denise`, where it is not on the path."""

from denise_py.cli.main import main

main()
