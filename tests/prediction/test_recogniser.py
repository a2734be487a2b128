"""Without torch: the resampling of training, windows, and what is refused."""

import itertools
import subprocess
import sys

import numpy as np
import pytest
from torch import from_numpy
from torchaudio.transforms import Resample

from ser.errors import ConfigError
from ser.prediction.recogniser import Recogniser, windows
from ser.prediction.resampling import resample


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 24000, 44100, 48000, 96000])
@pytest.mark.parametrize("samples", [400, 12345])
def test_resampling_is_that_of_torchaudio(rate, samples):
    clip = np.random.default_rng(0).standard_normal(samples).astype(np.float32)
    expected = Resample(rate, 16000)(from_numpy(clip)).numpy()
    found = resample(clip, rate, 16000)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=2e-6)


def test_resampling_between_odd_rates_is_that_of_training():
    from ser.audio.resampling import resample as of_training

    clip = np.random.default_rng(0).standard_normal(5000).astype(np.float32)
    np.testing.assert_array_equal(resample(clip, 24414, 16000), of_training(clip, 24414, 16000))


def test_windows_cover_the_recording_and_have_one_length():
    for samples in (40, 41, 59, 100):
        found = windows(samples, 10, 4.0, 1.5)
        assert found[0][0] == 0
        assert found[-1][1] == samples
        assert {end - start for start, end in found} == {40}
        assert all(after[0] <= before[1] for before, after in itertools.pairwise(found))


def test_a_folder_that_is_no_export_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"no exported model, it has no recogniser\.json"):
        Recogniser(tmp_path)
    with pytest.raises(ConfigError, match="no exported model, it is not there"):
        Recogniser(tmp_path / "nowhere")


def test_prediction_imports_nothing_of_training():
    program = "import sys, ser.predict, ser.prediction.work, ser.prediction.inputs; from ser import Recogniser;"
    heavy = "{'torch', 'torchaudio', 'pandas', 'transformers', 'pytorch_lightning', 'sklearn', 'pyarrow', 'mlflow'}"
    done = subprocess.run(
        [sys.executable, "-c", f"{program} print(sorted({heavy} & set(sys.modules)))"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[]\n"
