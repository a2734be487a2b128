"""From batches to logits: a pre-trained speech encoder, pooling over real frames, a linear layer."""
