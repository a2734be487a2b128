"""Measurements of the project against others and against itself; each module is one command, `benchmarks/README.md` lists them."""
