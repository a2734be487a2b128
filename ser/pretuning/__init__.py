"""Language pre-fine-tuning: from transcribed speech to a checkpoint in hub layout, a level of `pretune`."""
