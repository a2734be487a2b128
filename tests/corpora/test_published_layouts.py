"""Corpora in the layouts that their owners or EmoBox describe: what each file says, and what is refused."""

import json
from pathlib import Path
from unicodedata import normalize

import pytest

from ser.corpora import READERS
from ser.errors import ConfigError, CorpusError
from ser.schema import UNKNOWN_SPEAKER
from ser.settings import SplitSettings
from ser.splits import assign


def clips_of(reader: str, root: Path, **options) -> list[dict[str, str]]:
    """Return the rows of a reader."""
    return READERS[reader].manifest(root, **options).to_dict("records")


JL = "Raw JL corpus (unchecked and unannotated)/JL(wav+txt)"


@pytest.mark.parametrize(
    ("reader", "path", "known"),
    [
        ("subesco", "F_01_OISHI_S_10_ANGRY_5.wav", "anger F_01 female sentence=10"),
        ("subesco", "M_01_NIPUN_S_1_HAPPY_1.wav", "joy M_01 male sentence=1"),  # another person than F_01
        ("mesd", "Anger_C_B_de_nada.wav", "anger - unknown text=de nada|voice=child|words=B"),
        ("mesd", "MESD/Happiness_F_A_arriba.wav", "joy - female text=arriba|voice=woman|words=A"),
        ("shemo", "female/F21F05.wav", "fear F21 female text="),  # F is a woman, then fear
        ("shemo", "male/M02W11.wav", "surprise M02 male text="),
        ("jlcorpus", f"{JL}/female1_angry_15a_1.wav", "anger female1 female text=|set=primary"),
        ("jlcorpus", f"{JL}/male2_encouraging_3b_2.wav", "encouragement male2 male text=|set=secondary"),
        ("oreau", "OréauFR_02/f/sessc/07a01Ca.wav", "anger 07 female sentence=a01"),
        (
            "oreau",
            normalize("NFD", "OréauFR_02/m/sesst/09z03Ta.wav"),
            "sadness 09 male sentence=z03",
        ),  # NFD, as macOS unpacks it
        ("aesdd", "anger/a06 (5)b.wav", "anger 5 unknown sentence=06"),
        ("aesdd", "fear/f10 (01).wav", "fear 1 unknown sentence=10"),
        ("urdu", "Angry/SM5_F10_A010.wav", "anger SM5 male"),
        ("urdu", "Sad/SF11_F1_S1.wav", "sadness SF11 female"),
        ("ased", "04Sad/S4-04-02-01-29.wav", "sadness 29 female sentence=04"),
        ("ased", "01Neutral/n1-07-01-02-53.wav", "neutrality 53 male sentence=07"),
        ("ased", "05Angry/a5-01-01-01-09.wav", "anger 09 unknown sentence=01"),  # 09 is in the names as man and woman
        ("casia", "ZhaoZuoxiang/angry/201.wav", "anger zhaozuoxiang unknown sentence=201"),
        ("casia", "CASIA/liuchanhg/surprise/250.wav", "surprise liuchanhg unknown sentence=250"),
        ("esd", "0004/Angry/0004_000351.wav", "anger 0004 male text=|sentence=zh-001"),
        ("esd", "ESD/0020/Surprise/0020_001750.wav", "surprise 0020 male text=|sentence=en-350"),
        ("esd", "0012/Happy/train/0012_000701.wav", "joy 0012 unknown text=|sentence=en-001|split=train"),
        (
            "esd",
            "0001/Neutral/evaluation/0001_000002.wav",
            "neutrality 0001 female text=|sentence=zh-002|split=validation",
        ),
    ],
)
def test_labels_of_a_name(touch, reader, path, known):
    (clip,) = clips_of(reader, touch(path))
    emotion, speaker, gender, *rest = known.split(" ", 3)
    assert clip.pop("language") in READERS[reader].LANGUAGE.split(",")
    assert clip == {
        "path": path,
        "emotion": emotion,
        "speaker": UNKNOWN_SPEAKER if speaker == "-" else speaker,
        "gender": gender,
    } | dict(pair.split("=") for pair in "".join(rest).split("|") if pair)


@pytest.mark.parametrize(
    ("reader", "good", "strange"),
    [
        ("subesco", "F_01_OISHI_S_10_ANGRY_5.wav", "F_11_OISHI_S_10_ANGRY_5.wav"),
        ("subesco", "F_01_OISHI_S_10_ANGRY_5.wav", "F_01_OISHI_S_10_CALM_5.wav"),
        ("mesd", "Anger_C_B_de_nada.wav", "Anger_X_B_de_nada.wav"),
        ("shemo", "female/F21F05.wav", "female/F21X05.wav"),
        ("jlcorpus", f"{JL}/female1_angry_15a_1.wav", f"{JL}/female1_angry_16a_1.wav"),
        ("oreau", "OréauFR_02/f/sessc/07a01Ca.wav", "OréauFR_02/f/sessc/07a01Xa.wav"),
        ("aesdd", "fear/f10 (01).wav", "fear/f10 (7).wav"),
        ("urdu", "Angry/SM5_F10_A010.wav", "Angry/SX5_F10_A010.wav"),
        ("ased", "01Neutral/n1-07-01-02-53.wav", "01Neutral/n1-08-01-02-53.wav"),
        ("casia", "wangzhe/angry/201.wav", "wangzhe/bored/201.wav"),
        ("esd", "0004/Angry/0004_000351.wav", "0004/Angry/0005_000351.wav"),  # another speaker's folder
    ],
)
def test_a_strange_name_is_refused(touch, reader, good, strange):
    with pytest.raises(CorpusError, match=r"1 of 2 recordings have a name that is not the corpus's") as error:
        clips_of(reader, touch(good, strange))
    assert strange in str(error.value)


def test_transcripts_of_shemo_come_from_its_table(touch):
    root = touch("male/M02W11.wav", "male/M02A01.wav")
    table = {"M02A01": {"speaker_id": "M02", "emotion": "anger", "transcript": "سلام"}, "F01N01": {"transcript": "x"}}
    (root / "shemo.json").write_text(json.dumps(table), encoding="utf-8")
    assert [clip["text"] for clip in clips_of("shemo", root)] == ["سلام", ""]
    (root / "shemo.json").write_text("[]")
    with pytest.raises(CorpusError, match="not ShEMO's table"):
        clips_of("shemo", root)


def test_text_beside_a_recording_of_jl(touch):
    root = touch("male1_happy_2a_1.wav")
    (root / "male1_happy_2a_1.txt").write_text("Tom beats\n that farmer ")
    assert clips_of("jlcorpus", root)[0]["text"] == "Tom beats that farmer"


def test_oreau_reads_one_of_its_two_folders(touch):
    root = touch("OréauFR_01/m/sessc/08a01Ca.wav", "OréauFR_01/m/sessj/08a01Ja.wav", "OréauFR_02/m/sessc/08a01Ca.wav")
    assert [clip["path"] for clip in clips_of("oreau", root)] == ["OréauFR_02/m/sessc/08a01Ca.wav"]
    assert len(clips_of("oreau", root, part="01")) == 2


def test_sentences_of_esd(touch):
    root = touch("0011/Angry/0011_000351.wav")
    (root / "0011/0011.txt").write_text("0011_000351\tThe nine the eggs, I keep.\tAngry\n", encoding="utf-8")
    assert clips_of("esd", root)[0]["text"] == "The nine the eggs, I keep."


TURNS = """% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]

[6.2901 - 8.2357]\tSes01M_impro01_F000\tneu\t[2.5000, 2.5000, 2.5000]
C-E2:\tNeutral;\t()
C-E3:\tAnger; Neutral;\t(annoyed)
C-E4:\tAnger; Neutral; Sadness;\t()
C-F1:\tSadness;\t()
A-E3:\tval 3; act 2; dom  2;\t()
A-E4:\tval 2; act 3; dom  ;\t(mixed)
A-F1:\tval 5; act 5; dom  5;\t()

[10.0100 - 11.3925]\tSes01M_impro01_M001\texc\t[4.0000, 3.5000, 2.0000]
C-E2:\tExcited;\t()
"""
SCRIPTED = "[1.0 - 2.0]\tSes05F_script01_1b_F012\txxx\t[3.0000, 3.0000, 3.0000]\n"


@pytest.fixture
def iemocap(tmp_path: Path) -> Path:
    root = tmp_path / "IEMOCAP_full_release"
    for session, dialogue, text in ((1, "Ses01M_impro01", TURNS), (5, "Ses05F_script01_1b", SCRIPTED)):
        labels = root / f"Session{session}/dialog/EmoEvaluation"
        (labels / "Categorical").mkdir(parents=True)  # the raters' own, not read
        (labels / "Categorical/Ses01M_impro01_e2_cat.txt").write_text("Ses01M_impro01_F000 :Neutral; ()")
        (labels / f"._{dialogue}.txt").write_bytes(b"\0\5\x16\7")  # of macOS
        (labels / f"{dialogue}.txt").write_text(text)
        transcripts = root / f"Session{session}/dialog/transcriptions"
        transcripts.mkdir()
        (transcripts / f"{dialogue}.txt").write_text(
            "Ses01M_impro01_F000 [006.2901-008.2357]: Excuse me.\nSes01M_impro01_MXX0 [8.0-9.0]: Mmhmm.\n"
        )
    return root


def test_turns_of_iemocap(iemocap):
    first, second, last = clips_of("iemocap", iemocap)
    assert first == {
        "path": "Session1/sentences/wav/Ses01M_impro01/Ses01M_impro01_F000.wav",
        "emotion": "neutrality",
        "speaker": "Ses01F",  # who speaks, not whose motion was captured
        "gender": "female",
        "language": "en",
        "text": "Excuse me.",
        "arousal": "2.5000",
        "valence": "2.5000",
        "dominance": "2.5000",
        "session": "1",
        "style": "improvised",
        "votes": '{"anger": 0.833333333, "neutrality": 1.833333333, "sadness": 0.333333333}',
        "dimension_ratings": '{"arousal": [2.0, 3.0], "valence": [3.0, 2.0], "dominance": [2.0]}',
    }
    assert (second["votes"], last["votes"]) == ('{"excitement": 1}', "{}")
    assert (second["emotion"], second["speaker"]) == ("excitement", "Ses01M")
    assert (second["valence"], second["arousal"], second["dominance"]) == ("4.0000", "3.5000", "2.0000")
    assert (last["emotion"], last["speaker"], last["style"], last["session"]) == (
        "undecided",
        "Ses05F",
        "scripted",
        "5",
    )


def test_a_label_that_is_none_of_iemocap_is_refused(iemocap):
    file = iemocap / "Session1/dialog/EmoEvaluation/Ses01M_impro01.txt"
    file.write_text(TURNS.replace("\texc\t", "\tabc\t"))
    with pytest.raises(CorpusError, match=r"Ses01M_impro01_M001.*is no turn of IEMOCAP; labels are ang"):
        clips_of("iemocap", iemocap)


CONSENSUS = """FileName,EmoClass,EmoAct,EmoVal,EmoDom,SpkrID,Gender,Split_Set
MSP-PODCAST_0001_0008.wav,N,2.2,4.0,3.2,127,Male,Train
MSP-PODCAST_0002_0033.wav,C,4.2,2.0,5.0,Unknown,Unknown,Development
MSP-PODCAST_0003_0001.wav,X,4.0,4.0,4.0,9,Female,Test1
MSP-PODCAST_0003_0002.wav,H,6.0,6.0,4.0,9,Female,Test2
"""


@pytest.mark.parametrize("spelling", ["labels_consensus.csv", "labels_concensus.csv"])
def test_turns_of_msp_podcast(tmp_path, spelling):
    (tmp_path / "Labels").mkdir()
    (tmp_path / "Labels" / spelling).write_text(CONSENSUS)
    (tmp_path / "Transcripts").mkdir()
    (tmp_path / "Transcripts/MSP-PODCAST_0001_0008.txt").write_text("well\nyes")
    clips = clips_of("msppodcast", tmp_path)
    assert clips[0] == {
        "path": "Audios/MSP-PODCAST_0001_0008.wav",
        "emotion": "neutrality",
        "speaker": "127",
        "gender": "male",
        "language": "en",
        "text": "well yes",
        "arousal": "2.2",
        "valence": "4.0",
        "dominance": "3.2",
        "partition": "Train",
        "split": "train",
    }
    assert [clip["emotion"] for clip in clips] == ["neutrality", "contempt", "undecided", "joy"]
    assert [clip["speaker"] for clip in clips] == ["127", UNKNOWN_SPEAKER, "9", "9"]
    assert [clip["split"] for clip in clips] == ["train", "validation", "test", ""]
    assert [clip["split"] for clip in clips_of("msppodcast", tmp_path, test="Test2")][2:] == ["", "test"]


HEADER = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime\r\n"


@pytest.fixture
def meld(tmp_path: Path) -> Path:
    rows = {
        "train": '1,"also I was, the point",Chandler,neutral,neutral,0,0,8,21,"00:16:16,059","00:16:21,731"\r\n'
        '2,broken,Joey,joy,positive,125,3,1,1,"00:16:16,059","00:16:21,731"\r\n',
        "dev": '1,Oh my God,Phoebe Sr.,surprise,negative,0,0,4,7,"00:20:57,256","00:21:00,049"\r\n',
        "test": '1,Why do all youére coffee mugs,Mark,anger,negative,0,0,3,19,"00:14:38","00:14:39"\r\n',
    }
    folders = {"train": "train/train_splits", "dev": "dev/dev_splits_complete", "test": "output_repeated_splits_test"}
    for part, text in rows.items():
        (tmp_path / folders[part]).mkdir(parents=True)
        (tmp_path / folders[part] / "dia0_utt0.mp4").touch()
        (tmp_path / f"{part}_sent_emo.csv").write_bytes((HEADER + text).encode())
    (tmp_path / "dev/dev_splits_complete/dia49_utt4.mp4").touch()  # a clip without a row
    (tmp_path / "output_repeated_splits_test/final_videos_testdia108_utt2.mp4").touch()
    return tmp_path


def test_utterances_of_meld_are_named_by_part_dialogue_and_number(meld):
    clips = clips_of("meld", meld)
    assert [clip["path"] for clip in clips] == [
        "train/train_splits/dia0_utt0.mp4",
        "dev/dev_splits_complete/dia0_utt0.mp4",
        "output_repeated_splits_test/dia0_utt0.mp4",
    ]  # and not dia125_utt3, broken as published
    assert clips[0] == {
        "path": "train/train_splits/dia0_utt0.mp4",
        "emotion": "neutrality",
        "speaker": "Chandler",
        "gender": "male",
        "language": "en",
        "text": "also I was, the point",
        "sentiment": "neutral",
        "dialogue": "train0",
        "split": "train",
    }
    assert [(clip["speaker"], clip["gender"]) for clip in clips[1:]] == [("Phoebe Sr", "unknown"), ("Mark", "unknown")]


def test_a_part_of_meld_that_is_not_there(meld):
    (meld / "dev_sent_emo.csv").unlink()
    with pytest.raises(CorpusError, match=r"dev_sent_emo.csv has to be there once, and is nowhere"):
        clips_of("meld", meld)


@pytest.fixture
def emobox(tmp_path: Path):
    """Give a function that writes a list of EmoBox, and returns the folder data."""

    def write(corpus: str, emotions: dict[str, str], spelled: dict[str, str] | None = None) -> Path:
        folder = tmp_path / "data" / corpus
        folder.mkdir(parents=True)
        records = [
            {
                "key": f"{corpus}-{wav}",
                "dataset": corpus,
                "wav": f"downloads/{corpus}/{wav}",
                "emo": emotion,
                "channel": 1,
            }
            for wav, emotion in emotions.items()
        ]
        (folder / f"{corpus}.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
        if spelled:
            (folder / "label_map.json").write_text(json.dumps(spelled))
        return tmp_path / "data"

    return write


def test_a_list_of_emobox_without_a_reader(touch, emobox):
    data = emobox("turevdb", {"Angry/1_kz_a.wav": "kz", "Calm/1_sk_b.wav": "SK"}, {"kz": "Angry", "sk": "Calm"})
    root = touch("audio/Angry/1_kz_a.wav", "audio/elsewhere/deep/1_sk_b.flac") / "audio"
    assert clips_of("emobox", root, metadata=data, corpus="turevdb") == [
        {"path": "Angry/1_kz_a.wav", "emotion": "Angry", "speaker": UNKNOWN_SPEAKER, "gender": "unknown"},
        {"path": "elsewhere/deep/1_sk_b.flac", "emotion": "Calm", "speaker": UNKNOWN_SPEAKER, "gender": "unknown"},
    ]


def test_a_list_of_emobox_with_a_reader(touch, emobox):
    data = emobox("emovo", {"f1/gio-f1-b1.wav": "gio", "m2/tri-m2-n3.wav": "tri"})
    root = touch("audio/f1/gio-f1-b1.wav", "audio/m2/tri-m2-n3.wav") / "audio"
    clips = clips_of("emobox", root, metadata=data, corpus="emovo")
    assert [(clip["emotion"], clip["speaker"], clip["gender"]) for clip in clips] == [
        ("joy", "f1", "female"),
        ("sadness", "m2", "male"),
    ]
    assert clips[0]["text"] == "Gli operai si alzano presto."


def test_a_corpus_that_emobox_does_not_have(touch, emobox):
    data = emobox("emovo", {"f1/gio-f1-b1.wav": "gio"})
    with pytest.raises(ConfigError, match=r"there is no .*emodb.jsonl; there are emovo"):
        clips_of("emobox", touch("a.wav"), metadata=data, corpus="emodb")


@pytest.mark.parametrize(("corpus", "folder", "folds"), [("emodb", "EMO-DB", 5), ("emovo", "EMOVO", 6)])
def test_lists_and_folds_of_emobox_are_those_of_our_readers(real_corpora, read_as, corpus, folder, folds):
    """Every clip is found, with our reader's emotion and speaker, and every fold tests the clips of its own list."""
    data = real_corpora.parent / "peers/emobox/data"
    if not data.is_dir():
        pytest.skip(f"there is no {data}")
    ours = read_as(corpus, real_corpora / folder)
    theirs = read_as("emobox", real_corpora / folder, metadata=data, corpus=corpus).clips
    shared = ["path", "emotion", "speaker"]
    assert theirs[shared].values.tolist() == ours.clips[shared].values.tolist()
    for fold in range(1, folds + 1):
        parts = assign(SplitSettings(name="folds", file=data / corpus, fold=fold, overlap="warn"), ours, 0)
        records = (data / corpus / f"fold_{fold}/{corpus}_test_fold_{fold}.jsonl").read_text().splitlines()
        listed = {json.loads(record)["wav"].removeprefix(f"downloads/{corpus}/") for record in records}
        assert set(ours.clips["path"][parts == "test"]) == listed
