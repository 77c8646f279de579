"""Pixels: display lists of laid-out windows, and the brush and painter that draw them with Skia."""
