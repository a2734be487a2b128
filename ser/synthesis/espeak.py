"""A small binding of espeak-ng, the one speech synthesiser that pip installs together with its voices.

The library keeps global state: it is not thread-safe, and despite the seed its output depends a little on earlier
calls in the same process.
"""

import ctypes
import functools
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from ser.synthesis import SynthesisError

SAMPLE_RATE = 22050
"""Of espeak-ng's output, in Hz."""

_OUTPUT_SYNCHRONOUS = 2  # espeak_AUDIO_OUTPUT: samples arrive in the callback, and a call returns after the last
_CHARACTERS_UTF8 = 1
_RATE, _WORD_GAP = 1, 7  # espeak_PARAMETER
_GAP_STEP_MS = 10
_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


def speak(text: str, voice: str, words_per_minute: int, word_gap_ms: int, seed: int) -> np.ndarray:
    """Return the text as speech, (samples,) float32 at `SAMPLE_RATE` with full scale 1.

    Args:
        text: text in the voice's language.
        voice: the lines of an espeak-ng voice file, https://github.com/espeak-ng/espeak-ng/blob/master/docs/voices.md;
            an unknown language crashes the library.
        words_per_minute: from 80 to 450.
        word_gap_ms: additional pause between words at 175 words per minute; shorter in faster speech.
        seed: seed of the noise in breath and fricatives.

    Raises:
        SynthesisError: the library is not installed, or refuses its input.
    """
    library = _library()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "voice")
        file.write_text(voice, encoding="utf-8")
        _check(library.espeak_SetVoiceByFile(str(file).encode()), f"the voice {voice!r}")
    _check(library.espeak_SetParameter(_RATE, words_per_minute, 0), f"{words_per_minute} words per minute")
    _check(library.espeak_SetParameter(_WORD_GAP, word_gap_ms // _GAP_STEP_MS, 0), f"a word gap of {word_gap_ms} ms")
    library.espeak_ng_SetRandSeed(seed)
    chunks: list[np.ndarray] = []

    def collect(samples: Any, count: int, _events: Any) -> int:
        if samples and count:
            chunks.append(np.ctypeslib.as_array(samples, (count,)).copy())
        return 0

    callback = _Callback(collect)  # the library does not keep it alive
    library.espeak_SetSynthCallback(callback)
    utf8 = text.encode()
    _check(library.espeak_Synth(utf8, len(utf8) + 1, 0, 0, 0, _CHARACTERS_UTF8, None, None), f"the text {text!r}")
    return np.concatenate(chunks).astype(np.float32) / 2**15


def _check(status: int, argument: str) -> None:
    if status != 0:
        raise SynthesisError(f"espeak-ng refuses {argument} (status {status})")


@functools.cache
def _library() -> ctypes.CDLL:
    """Load and initialise the library once: a second initialisation in the same process crashes it later."""
    try:
        import espeakng_loader
    except ImportError:
        raise SynthesisError("the synthesiser espeak-ng is not installed; run: pip install 'ser-grid[demo]'") from None
    try:
        library = ctypes.CDLL(espeakng_loader.get_library_path())
    except OSError as error:
        raise SynthesisError(f"espeak-ng cannot be loaded ({error}); reinstall espeakng-loader") from error
    library.espeak_ng_SetRandSeed.argtypes = [ctypes.c_long]
    library.espeak_Synth.argtypes = [
        *(ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int, ctypes.c_uint, ctypes.c_uint),
        *(ctypes.c_void_p, ctypes.c_void_p),
    ]
    data = espeakng_loader.get_data_path()
    rate = library.espeak_Initialize(_OUTPUT_SYNCHRONOUS, 0, data.encode(), 0)
    if rate != SAMPLE_RATE:
        raise SynthesisError(
            f"espeak-ng does not start with its data in {data} (status {rate}); reinstall espeakng-loader"
        )
    return library
