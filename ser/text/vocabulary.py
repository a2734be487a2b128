"""The CTC vocabulary of a language: blank, word delimiter, then the letters."""

from dataclasses import dataclass

BLANK_TOKEN, WORD_DELIMITER = "<pad>", "|"
"""Names as in transformers' CTC tokenizer, whose padding token is the CTC blank."""


@dataclass(frozen=True)
class Vocabulary:
    """The tokens of a language, in the order of their indices.

    Attributes:
        letters: letters of the alphabet, with the apostrophe where it is kept; each once, in any order.
    """

    letters: str

    @property
    def tokens(self) -> dict[str, int]:
        """Token -> index; the blank is 0."""
        return {token: index for index, token in enumerate((BLANK_TOKEN, WORD_DELIMITER, *sorted(self.letters)))}

    def encode(self, text: str) -> list[int]:
        """Return the token indices of a normalised text without unknown characters."""
        tokens = self.tokens
        return [tokens[character] for character in text.replace(" ", WORD_DELIMITER)]

    def decode(self, indices: list[int]) -> str:
        """Return the text of token indices, without CTC blanks and without spaces at the ends."""
        characters = list(self.tokens)
        text = "".join(characters[index] for index in indices if index)
        return text.replace(WORD_DELIMITER, " ").strip()
