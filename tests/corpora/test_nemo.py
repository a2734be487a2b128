import pytest

from ser.errors import CorpusError

TABLE = """\
file_id\temotion\traw_text\tnormalized_text\tspeaker_id\tgender\tage
WR0_surprised_64.wav\tsurprised\t„Ród smoka” to serial.\tród smoka to serial\t        WR0\tmale\t23
EB0_neutral_13.wav\tneutral\tInteresuje mnie.\tinteresuje mnie\t        EB0\tfemale\t27
"""


@pytest.fixture
def make(touch):
    def write(table: str = TABLE):
        root = touch("samples/WR0_surprised_64.wav", "samples/EB0_neutral_13.wav")
        (root / "data.tsv").write_text(table, encoding="utf-8")
        return root

    return write


def test_labels(make, read_as):
    assert read_as("nemo", make()).clips.values.tolist() == [
        ["samples/EB0_neutral_13.wav", "neutrality", "EB0", "female", "pl", "Interesuje mnie.", "27"],
        ["samples/WR0_surprised_64.wav", "surprise", "WR0", "male", "pl", "„Ród smoka” to serial.", "23"],
    ]


def test_a_missing_column(make, read_as):
    with pytest.raises(CorpusError, match=r"data.tsv: missing column\(s\) speaker_id"):
        read_as("nemo", make(TABLE.replace("speaker_id", "speaker")))
