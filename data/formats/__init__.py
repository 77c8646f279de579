"""File formats and where datasets come from: one module per format or source."""
