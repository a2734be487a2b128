"""`python -m ser.synth`: write synthetic speech for the demo: three small Italian corpora and two tiny encoders."""

from pathlib import Path

from pydantic import Field, NonNegativeInt, PositiveInt

from ser.command import run
from ser.settings import Part


class SynthSettings(Part):
    """Output folder, sizes and seed of the demo's material; `conf/synth.yaml` explains each."""

    output: Path
    random_seed: NonNegativeInt
    speakers: int = Field(ge=10)
    sentences: int = Field(ge=1, le=10)
    emovo_sentences: int = Field(ge=1, le=14)
    transcribed_speakers: int = Field(ge=2)
    transcribed_sentences: PositiveInt
    warm_up_clips: int = Field(ge=4)
    warm_up_steps: PositiveInt


def main(settings: SynthSettings) -> None:
    """Write the demo's folder unless it exists.

    Raises:
        SynthesisError: espeak-ng is not installed, or the folder holds something else or is not writable.
    """
    from ser.synthesis.output import atomic_folder, is_made

    made_from = settings.model_dump(exclude={"output"})
    if is_made(settings.output, made_from):
        print(f"{settings.output}: exists already with the same settings; nothing to do")
        return

    from ser.synthesis.checkpoints import write_checkpoints
    from ser.synthesis.corpora import write_common_voice, write_emovo, write_emozionalmente

    with atomic_folder(settings.output, made_from) as folder:
        print(f"synthetic corpora: {settings.speakers} amateurs, 6 actors, {settings.transcribed_speakers} volunteers")
        write_emozionalmente(
            folder / "corpora/Emozionalmente", settings.speakers, settings.sentences, settings.random_seed
        )
        write_emovo(folder / "corpora/EMOVO", settings.emovo_sentences, settings.random_seed)
        write_common_voice(
            folder / "corpora/CommonVoice-it",
            settings.transcribed_speakers,
            settings.transcribed_sentences,
            settings.random_seed,
        )
        print(f"tiny encoders: wav2vec2 and hubert, {settings.warm_up_steps} steps each")
        write_checkpoints(folder / "checkpoints", settings.warm_up_clips, settings.warm_up_steps, settings.random_seed)
    print(f"{settings.output}: corpora/ and checkpoints/, synthetic; they test the pipeline, not the science")


if __name__ == "__main__":
    run(main, "synth", SynthSettings)
