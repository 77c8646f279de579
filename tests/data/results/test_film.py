import io

import numpy as np
import pytest
from PIL import Image

from palaestra.data.results.film import gif, strip


def frames_of_a_moving_square(count=50, size=60):
    frames = np.full((count, size, size, 3), (240, 230, 220), np.uint8)
    for i in range(count):
        frames[i, 20:30, i % 50 : i % 50 + 10] = (190, 60, 30)
    return frames


def test_a_gif_shows_the_frames_at_their_speed():
    frames = frames_of_a_moving_square()
    film = Image.open(io.BytesIO(gif(frames, 25)))
    assert (film.n_frames, film.size, film.info["duration"], film.info["loop"]) == (50, (60, 60), 40, 0)
    film.seek(30)
    pixels = np.asarray(film.convert("RGB")).astype(int)
    assert np.abs(pixels - frames[30]).max() < 16


def test_fast_frames_are_thinned_not_slowed():
    film = Image.open(io.BytesIO(gif(frames_of_a_moving_square(100), 125)))
    assert film.n_frames == 20
    assert film.info["duration"] == 40


@pytest.mark.parametrize("limit", [30_000, 5_000])
def test_a_gif_keeps_its_limit(limit):
    noise = np.random.default_rng(0).integers(0, 256, (40, 48, 48, 3)).astype(np.uint8)
    made = gif(noise, 25, limit)
    film = Image.open(io.BytesIO(made))
    assert len(made) <= limit
    assert film.n_frames * film.info["duration"] == pytest.approx(1600, rel=0.1)


def test_a_strip_runs_from_the_first_to_the_last_frame():
    frames = frames_of_a_moving_square()
    picture = np.asarray(Image.open(io.BytesIO(strip(frames, 3))).convert("RGB")).astype(int)
    assert picture.shape == (60, 3 * 60 + 2 * 4, 3)
    assert np.abs(picture[:, :60] - frames[0]).max() < 16
    assert np.abs(picture[:, -60:] - frames[-1]).max() < 16
    assert Image.open(io.BytesIO(strip(frames[:1]))).size == (60, 60)
