"""From transcribed speech to a checkpoint in hub layout: language pre-fine-tuning, one more level of `pretune`."""
