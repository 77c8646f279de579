"""What an agent says, and the action that it means.

An ``Action`` is one of a dozen kinds, in logical pixels. A codec decodes an agent's words into an action, and encodes
an action in words:

- ``json``: AndroidWorld's actions (Rawles et al. 2024, arXiv 2405.14573), by index of a screen element or by point.
- ``marks``: a short line with the number of a mark, for pictures or lists with numbered elements.
- ``autoui``: the text that Auto-UI (Zhang & Zhang 2023, arXiv 2309.11436), DigiRL and Digi-Q train on. It finds each
  field by its own name; ``autoui-compat`` splits as the released code of DigiRL does
  (github.com/DigiRL-agent/digirl), which can't read a typed text with a comma and a space, and takes whatever it can't
  read for "impossible".

Words that a codec can't read become an idle action with ``error`` set; nothing raises on an agent's words.
"""
