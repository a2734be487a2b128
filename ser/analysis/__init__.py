"""What the sweep has shown: pure functions from the tidy table of scores to tidy tables, one family a module."""
