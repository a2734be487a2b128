"""The characters that a recogniser of a language can write, as numbers: blank, word delimiter, then the letters."""

from dataclasses import dataclass

BLANK_TOKEN, WORD_DELIMITER = "<pad>", "|"
"""As transformers' CTC tokenizer calls them; the blank of CTC is its padding."""


@dataclass(frozen=True)
class Vocabulary:
    """All characters, in the order of their indices.

    Attributes:
        letters: of the alphabet, the apostrophe among them where it is kept; each once, in any order.
    """

    letters: str

    @property
    def tokens(self) -> dict[str, int]:
        """Each token and its index; the blank is 0."""
        return {token: index for index, token in enumerate((BLANK_TOKEN, WORD_DELIMITER, *sorted(self.letters)))}

    def encode(self, text: str) -> list[int]:
        """Return the indices of a normalised text without unknown characters."""
        tokens = self.tokens
        return [tokens[character] for character in text.replace(" ", WORD_DELIMITER)]

    def decode(self, indices: list[int]) -> str:
        """Return the text of indices; blanks write nothing, blanks of the text at its ends are left out."""
        characters = list(self.tokens)
        written = "".join(characters[index] for index in indices if index)
        return written.replace(WORD_DELIMITER, " ").strip()
