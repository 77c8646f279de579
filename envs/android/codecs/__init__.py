"""Codecs: text actions and the phone actions that they encode.

An ``Action`` is one of a dozen kinds, in logical pixels. A codec decodes an agent's text into an action, and encodes
an action as text:

- ``json``: AndroidWorld's actions (Rawles et al. 2024, arXiv 2405.14573), by index of a screen element or by point.
- ``marks``: a short line with the number of an element, for images or lists with numbered elements.
- ``autoui``: the text that Auto-UI (Zhang & Zhang 2023, arXiv 2309.11436), DigiRL and Digi-Q train on. Each field is
  found by its name, and there are words for a long press and for emptying a field; ``autoui-compat`` reads what
  DigiRL's released code reads (github.com/DigiRL-agent/digirl), as that does.

A text that can't be parsed becomes an idle action with ``error`` set; decoding never raises.
"""
