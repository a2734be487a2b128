"""From what is written to what is said: one way to spell a sentence, in the letters of its language."""
