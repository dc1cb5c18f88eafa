"""Draws the logos of both examples: python3 make_logos.py"""
import math
import struct
import zlib
from pathlib import Path

HERE = Path(__file__).parent
SIZE = 240


def write_png(path, color):
    """Writes a square picture; color(x, y) gives red, green and blue of a point between 0 and 1."""
    rows = b""
    for y in range(SIZE):
        pixels = (color((x + 0.5) / SIZE, (y + 0.5) / SIZE) for x in range(SIZE))
        rows += b"\0" + b"".join(bytes(pixel) for pixel in pixels)

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", SIZE, SIZE, 8, 2, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    )


def weather(x, y):
    """A sun that sets behind a temperature curve."""
    curve = 0.62 - 0.13 * math.cos(2 * math.pi * x)
    if abs(y - curve) < 0.016:
        return 255, 255, 255
    if y > curve:
        return 33, 84, 122
    if math.hypot(x - 0.5, y - 0.42) < 0.22:
        return 247, 181, 56
    return 236, 243, 248


def rings(x, y):
    """The two rings of the first table, cut by the line that does not part them."""
    radius = math.hypot(x - 0.5, y - 0.5)
    if abs(radius - 0.16) < 0.055:
        return 46, 125, 90
    if abs(radius - 0.36) < 0.055:
        return 226, 108, 71
    if abs(x - y) < 0.008:
        return 150, 160, 172
    return 245, 246, 248


write_png(HERE / "temperature-forecast" / "bundle" / "logo.png", weather)
write_png(HERE / "tabular-classification" / "bundle" / "logo.png", rings)
