"""Files that are damaged at random, and what the commands make of them."""
