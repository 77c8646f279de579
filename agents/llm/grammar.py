"""Turns in which every tool call can be read and fits the tool's schema, by masking tokens (xgrammar).

Text is free until a call begins; from there on only tokens are allowed that continue a call of a tool that exists, with
arguments that its schema allows, up to the call's end. A turn that reaches its limit of tokens may still be cut within
a call, and a text argument that spells the codec's own mark ends the call there. Log-probabilities are those of the
masked distribution, so episodes spoken by a grammar aren't for training.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from torch import Tensor

from palaestra.data.errors import InputError
from palaestra.data.extras import require

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Tools = Sequence[Mapping[str, Any]]
"""As OpenAI's schemas."""
CODECS = ("hermes", "tags")


class CallGrammar:
    """Compiles what a turn may be, for the tools of a world.

    Args:
        tokenizer: of the model.
        vocabulary: number of the network's logits.
        end: the token that ends a turn.
        codec: of the world, one of ``CODECS``.

    Raises:
        InputError: xgrammar is missing, or the codec isn't supported.
    """

    def __init__(self, tokenizer: "Tokenizer", vocabulary: int, end: int, codec: str):
        require("--grammar", "xgrammar")
        if codec not in CODECS:
            raise InputError(f"--grammar: calls of the codec {codec} have no grammar; choose {' or '.join(CODECS)}")
        import xgrammar

        self._codec = codec
        words = [""] * vocabulary  # an empty word is never allowed
        for word, number in tokenizer.get_vocab(with_added_tokens=True).items():
            words[number] = word
        for number, token in tokenizer.get_added_tokens_decoder().items():
            if token.special:
                words[number] = ""
        kind = xgrammar.TokenizerInfo._detect_metadata_from_hf(tokenizer.to_str())
        about = xgrammar.TokenizerInfo(words, vocab_size=vocabulary, stop_token_ids=[end], **kind)
        self._compiler = xgrammar.GrammarCompiler(about, max_threads=1)
        self._compiled = cache(self._compile)

    def turn(self, tools: Tools) -> Any:
        """An xgrammar ``GrammarMatcher`` of one turn; None without tools."""
        import xgrammar

        return xgrammar.GrammarMatcher(self._compiled(json.dumps(tools))) if tools else None

    def _compile(self, tools: str) -> Any:
        functions = [each["function"] for each in json.loads(tools)]
        write, trigger = (_hermes, "<tool_call>") if self._codec == "hermes" else (_tags, "<function=")
        form = {"type": "triggered_tags", "triggers": [trigger], "tags": [write(each) for each in functions]}
        return self._compiler.compile_structural_tag(json.dumps({"type": "structural_tag", "format": form}))


def _hermes(function: Mapping[str, Any]) -> dict[str, Any]:
    content = {"type": "json_schema", "json_schema": function["parameters"]}
    begin = f'<tool_call>\n{{"name": {json.dumps(function["name"])}, "arguments": '
    return {"type": "tag", "begin": begin, "content": content, "end": "}\n</tool_call>"}


def _tags(function: Mapping[str, Any]) -> dict[str, Any]:
    content = {"type": "json_schema", "json_schema": function["parameters"], "style": "qwen_xml"}
    return {"type": "tag", "begin": f"<function={function['name']}>\n", "content": content, "end": "</function>"}


def forbid(logits: Tensor, matchers: Sequence[Any]) -> None:
    """Set the logits of tokens that the rows' turns may not continue with to minus infinity, in place.

    Args:
        logits: (rows, vocabulary) float32.
        matchers: one per row; None, or one whose turn has ended, forbids nothing.
    """
    import xgrammar

    allowed = xgrammar.allocate_token_bitmask(len(matchers), logits.shape[1])
    for row, matcher in enumerate(matchers):
        if matcher is not None and not matcher.is_terminated():
            matcher.fill_next_token_bitmask(allowed, row)
    xgrammar.apply_token_bitmask_inplace(logits, allowed.to(logits.device))
