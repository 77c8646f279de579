"""Trainers of language agents: one module per command of ``palaestra train``, found by scanning."""

from palaestra.data.extras import require

require("a language agent", "transformers", "tokenizers")
