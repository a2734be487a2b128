"""What fine-tuning changes inside an encoder: what each layer tells of emotions, and how alike layers are."""
