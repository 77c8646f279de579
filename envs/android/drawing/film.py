"""Films: pictures of the screen with their times as an MP4 whose frames are JPEG (ISO 14496-12, object type 0x6C).

Written here and not by ffmpeg, because the file is part of the phone's state, and ffmpeg's files name its version.
"""

import io
import struct
from collections.abc import Sequence

import numpy as np

TIMESCALE = 1000
"""Units of time per second: milliseconds."""
MOTION_JPEG = 0x6C
UNIT_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def jpeg(pixels: np.ndarray, quality: int = 80) -> bytes:
    """A frame (height, width, 3) uint8 as JPEG."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    return file.getvalue()


def film(frames: Sequence[tuple[bytes, int]], size: tuple[int, int]) -> bytes:
    """An MP4.

    Args:
        frames: JPEG images, each with how long it is shown, ms; at least one.
        size: width and height, px.
    """
    head = _box(b"ftyp", b"isom\0\0\2\0isommp41")
    pictures = b"".join(picture for picture, _ in frames)
    sizes = struct.pack(f">II{len(frames)}I", 0, len(frames), *(len(picture) for picture, _ in frames))
    times = b"".join(struct.pack(">II", 1, max(1, length)) for _, length in frames)
    length = sum(max(1, length) for _, length in frames)
    table = _box(
        b"stbl",
        _full(b"stsd", struct.pack(">I", 1) + _entry(size)),
        _full(b"stts", struct.pack(">I", len(frames)) + times),
        _full(b"stsc", struct.pack(">4I", 1, 1, len(frames), 1)),
        _full(b"stsz", sizes),
        _full(b"stco", struct.pack(">II", 1, len(head) + 8)),
    )
    data = _full(b"url ", b"", flags=1)
    media = _box(
        b"mdia",
        _full(b"mdhd", struct.pack(">4IHH", 0, 0, TIMESCALE, length, 0x55C4, 0)),
        _full(b"hdlr", struct.pack(">I4s12x", 0, b"vide") + b"Screen\0"),
        _box(
            b"minf",
            _full(b"vmhd", bytes(8), flags=1),
            _box(b"dinf", _full(b"dref", struct.pack(">I", 1) + data)),
            table,
        ),
    )
    across, down = size
    shown = struct.pack(">5I8xHHHH", 0, 0, 1, 0, length, 0, 0, 0, 0) + UNIT_MATRIX
    track = _box(b"trak", _full(b"tkhd", shown + struct.pack(">II", across << 16, down << 16), flags=3), media)
    movie = struct.pack(">4IIH10x", 0, 0, TIMESCALE, length, 0x10000, 0x100) + UNIT_MATRIX + bytes(24)
    header = _box(b"moov", _full(b"mvhd", movie + struct.pack(">I", 2)), track)
    return head + _box(b"mdat", pictures) + header


def _box(kind: bytes, *parts: bytes) -> bytes:
    """A box: its length, its type, its content."""
    content = b"".join(parts)
    return struct.pack(">I4s", 8 + len(content), kind) + content


def _full(kind: bytes, content: bytes, flags: int = 0) -> bytes:
    """A box with a version and flags."""
    return _box(kind, struct.pack(">I", flags), content)


def _entry(size: tuple[int, int]) -> bytes:
    """How the frames are encoded."""
    configuration = _described(4, struct.pack(">BBHBII", MOTION_JPEG, 0x11, 0, 0, 0, 0))
    stream = _described(3, struct.pack(">HB", 1, 0) + configuration + _described(6, b"\2"))
    video = struct.pack(">6xH16xHHIIIH32sHh", 1, *size, 0x480000, 0x480000, 0, 1, b"", 24, -1)
    return _box(b"mp4v", video, _full(b"esds", stream))


def _described(tag: int, content: bytes) -> bytes:
    """A descriptor of MPEG-4 systems."""
    return struct.pack(">BB", tag, len(content)) + content
