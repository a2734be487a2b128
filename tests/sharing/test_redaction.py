"""What is left of a text of this machine."""

import pytest

from ser.sharing.redaction import redacted, without_user


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("/home/anna/corpora/EMOVO", "EMOVO"),
        ("/home/anna maria/EMO VO/", "EMO VO"),
        ("~anna/corpora/EMOVO", "EMOVO"),
        ("C:\\Users\\anna\\EMOVO", "EMOVO"),
        ("file:///home/anna/x", "x"),
        ("sqlite:////home/anna/mlflow.db", "mlflow.db"),
        ("postgresql+psycopg2://anna:p@ss@db:5432/mlflow", "postgresql+psycopg2://db:5432/mlflow"),
        ("https://anna@example.org/a/b", "https://example.org/a/b"),
        ("no file '/home/anna/a.wav' (see /var/log/x.log): 1/2", "no file 'a.wav' (see x.log): 1/2"),
        ("path=/home/anna/x", "path=x"),
        ("/home/anna", "home"),
        ("in /home/anna and /Users/anna/, ~anna/x", "in home and home, x"),
        ("use hf_abcdefghijklmnopqrstuv now", "use <redacted> now"),
        ("https://example.org/?token=abc&x=1", "https://example.org/?token=<redacted>&x=1"),
        ("facebook/hubert-large-ll60k", "facebook/hubert-large-ll60k"),
        ("demo/checkpoints/hubert-none", "demo/checkpoints/hubert-none"),
        ("https://example.org/a/b", "https://example.org/a/b"),
        ("and/or, 0.5/s, n/a", "and/or, 0.5/s, n/a"),
    ],
)
def test_texts(text, left):
    assert redacted(text) == left


def test_a_folder_with_spaces_inside_a_text():
    folders = ["/home/anna maria/EMO VO", "/home/anna maria"]
    assert redacted("no file /home/anna maria/EMO VO/a b.wav here", folders) == "no file a b.wav here"


def test_values_inside_values():
    value = {"/a/b": [{"hub_token": "abc", "password": None, "n": 1}, ("/x/y", 2.5)]}
    assert redacted(value) == {"b": [{"hub_token": "<redacted>", "password": None, "n": 1}, ["y", 2.5]]}


def test_names_of_user_and_machine(monkeypatch):
    monkeypatch.setattr("getpass.getuser", lambda: "anna")
    monkeypatch.setattr("socket.gethostname", lambda: "node7")
    assert without_user("anna@node7: Joanna, anna's") == "<redacted>@<redacted>: Joanna, <redacted>'s"
