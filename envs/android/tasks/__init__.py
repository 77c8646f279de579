"""Tasks on the phone: what to do, whether it has been done, and a proof that it can be done.

Every template is a subclass of ``task.Template`` in one of this folder's files; they are found by scanning it.
"""

from palaestra.envs.android.tasks.aitw.grammar import parse_instruction

__all__ = ["parse_instruction"]
