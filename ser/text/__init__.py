"""Text normalisation of transcripts, and the vocabulary of CTC."""
