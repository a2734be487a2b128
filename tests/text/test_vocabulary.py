from ser.pretuning.checkpoint import tokenizer
from ser.text.vocabulary import Vocabulary


def test_blank_is_nought_and_letters_are_sorted():
    assert Vocabulary("bèa'").tokens == {"<pad>": 0, "|": 1, "'": 2, "a": 3, "b": 4, "è": 5}


def test_decoding_gives_what_was_encoded_and_blanks_write_nothing():
    vocabulary = Vocabulary("bèa'")
    assert vocabulary.encode("b'è ba") == [4, 2, 5, 1, 4, 3]
    assert vocabulary.decode([0, 4, 2, 5, 1, 0, 4, 3, 0, 0]) == "b'è ba"
    assert vocabulary.decode([1, 4, 1]) == "b"
    assert vocabulary.decode([0, 0]) == ""


def test_it_is_the_tokenizer_of_transformers(tmp_path):
    vocabulary = Vocabulary("abcdefghijklmnopqrstuvwxyzàèéìíîòóùú'")
    theirs = tokenizer(tmp_path, vocabulary)
    text = "l'autunno è alle porte però"
    assert theirs.get_vocab() == vocabulary.tokens
    assert theirs(text).input_ids == vocabulary.encode(text)
    assert theirs.decode(vocabulary.encode(text), group_tokens=False) == text
    assert theirs.pad_token_id == 0
