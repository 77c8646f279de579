"""Pixels: display lists of laid-out windows, and the painter that draws them with Skia."""
