"""From the store of decoded clips to batches: what is drawn, in which order, how it is padded."""
