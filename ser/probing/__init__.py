"""What fine-tuning changes inside an encoder: linear probes of each layer, and the similarity of layers (CKA)."""
