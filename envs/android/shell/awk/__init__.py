"""A part of awk: patterns and actions, expressions, control flow, arrays and the string functions."""
