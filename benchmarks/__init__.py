"""Measurements of the project against others and itself; each is one command, `benchmarks/README.md` lists them."""
