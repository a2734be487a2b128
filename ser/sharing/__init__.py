"""Archives of sweeps: one zip file that another person can analyse again, extend and compare."""
