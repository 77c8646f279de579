"""What an agent is told of a tool: a JSON Schema made from a typed function, in everybody's format.

The schema is JSON Schema 2020-12. Hints: ``str``, ``int``, ``float``, ``bool``, ``None``, ``Any``, ``Literal``, enums,
unions, ``list``, ``dict`` with text keys, ``tuple``, dataclasses and ``TypedDict``, nested as one likes. Descriptions
come from a docstring in Google's style.
"""

import functools
import inspect
import json
import math
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from palaestra.data.errors import InputError
from palaestra.envs.tools.docstrings import sections
from palaestra.envs.tools.hints import Build, built, object_schema, plain, schema_of

MAX_PROBLEM = 300
"""Characters of a message on arguments that don't fit."""


@dataclass(frozen=True)
class ToolSpec:
    """A tool's name, description and schemas.

    Attributes:
        name: by which it is called.
        description: what it does, for the agent.
        parameters: JSON Schema of the arguments: an object without further properties.
        returns: JSON Schema of the result, None if it isn't known.
        returned: what the result is, in words.
    """

    name: str
    description: str
    parameters: Mapping[str, Any]
    returns: Mapping[str, Any] | None = None
    returned: str = ""

    @classmethod
    def of(cls, function: Callable[..., Any]) -> "ToolSpec":
        """The spec of a function or method; ``self`` is no parameter.

        Raises:
            InputError: a parameter has no hint or no description, a hint has no schema, or there is no docstring.
        """
        where = f"tool {function.__qualname__}"
        described = sections(inspect.getdoc(function) or "")
        if not described.summary:
            raise InputError(f"{where}: has no docstring")
        parameters, defaults = _parameters(function, where)
        missing = [name for name in parameters if name not in described.arguments]
        if missing:
            raise InputError(f"{where}: the docstring's Args don't describe {', '.join(missing)}")
        hints = {name: build.hint for name, build in parameters.items()}
        schema = object_schema(hints, described.arguments, defaults, where)
        result = inspect.signature(function, eval_str=True).return_annotation
        returns = None if result is inspect.Signature.empty else schema_of(result, where)
        return cls(function.__name__, described.summary, schema, returns, described.returned)

    def renamed(self, name: str) -> "ToolSpec":
        """The same tool by another name."""
        return self if name == self.name else replace(self, name=name)

    def __reduce__(self) -> tuple[Any, ...]:
        # Without what was computed: jsonschema's validators can't be sent to other processes.
        return type(self), (self.name, self.description, self.parameters, self.returns, self.returned)

    # For others.

    def openai(self) -> dict[str, Any]:
        """OpenAI's form of a function, without the result's schema."""
        function = {"name": self.name, "description": self.description, "parameters": dict(self.parameters)}
        return {"type": "function", "function": function}

    def hugging_face(self) -> dict[str, Any]:
        """What transformers' ``apply_chat_template(tools=...)`` takes: OpenAI's form, with the result as ``return``."""
        form = self.openai()
        if self.returns is not None:
            form["function"]["return"] = dict(self.returns) | ({"description": self.returned} if self.returned else {})
        return form

    def mcp(self) -> dict[str, Any]:
        """The Model Context Protocol's form; a result that isn't an object has no ``outputSchema`` there."""
        form = {"name": self.name, "description": self.description, "inputSchema": dict(self.parameters)}
        if self.returns is not None and self.returns.get("type") == "object":
            form["outputSchema"] = dict(self.returns)
        return form

    def text(self) -> str:
        """A few lines for a prompt: a signature, the description, and a line for each parameter."""
        properties, required = self.parameters.get("properties", {}), self.parameters.get("required", ())
        signature = ", ".join(
            f"{name}: {_kind(part)}" + ("" if name in required else f" = {json.dumps(part.get('default'))}")
            for name, part in properties.items()
        )
        result = "" if self.returns is None else f" -> {_kind(self.returns)}"
        lines = [f"{self.name}({signature}){result}", textwrap.indent(self.description, "    ")]
        lines += [f"    {name}: {part['description']}" for name, part in properties.items() if part.get("description")]
        return "\n".join(lines)

    @classmethod
    def from_openai(cls, form: Mapping[str, Any]) -> "ToolSpec":
        """The spec of ``openai()`` or ``hugging_face()``.

        Raises:
            InputError: it has another form.
        """
        try:
            function = form["function"]
            returns = dict(function["return"]) if "return" in function else None
            returned = returns.pop("description", "") if returns else ""
            empty = {"type": "object", "properties": {}}
            spec = cls(function["name"], function.get("description", ""), function.get("parameters") or empty)
            return replace(spec, returns=returns, returned=returned)._checked()
        except (KeyError, TypeError, AttributeError) as error:
            raise InputError(f"not a function of OpenAI's form ({type(error).__name__}: {error})") from None

    @classmethod
    def from_mcp(cls, form: Mapping[str, Any]) -> "ToolSpec":
        """The spec of ``mcp()``.

        Raises:
            InputError: it has another form.
        """
        try:
            spec = cls(form["name"], form.get("description") or "", form["inputSchema"], form.get("outputSchema"))
            return spec._checked()
        except (KeyError, TypeError, AttributeError) as error:
            raise InputError(f"not a tool of MCP's form ({type(error).__name__}: {error})") from None

    def _checked(self) -> "ToolSpec":
        from jsonschema import Draft202012Validator, SchemaError

        if not isinstance(self.name, str) or not isinstance(self.parameters, Mapping):
            raise TypeError("the name is no text, or the parameters no schema")
        try:
            Draft202012Validator.check_schema(dict(self.parameters))
        except SchemaError as error:
            raise InputError(f"tool {self.name}: the parameters are no JSON Schema: {error.message}") from None
        return self

    # For calls.

    def problem(self, arguments: Any) -> str:
        """What doesn't fit the schema, in a line for the agent; empty if everything does."""
        if self._fits_at_once(arguments):
            return ""
        from jsonschema.exceptions import best_match

        error = best_match(self._validator.iter_errors(arguments))
        if error is None:
            return "" if _is_finite(arguments) else "NaN and infinity are no JSON numbers"
        place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path)
        message = error.message if len(error.message) <= MAX_PROBLEM else f"{error.message[:MAX_PROBLEM]}..."
        return f"{place.removeprefix('.')}: {message}" if place else message

    @functools.cached_property
    def _validator(self) -> Any:
        from jsonschema import Draft202012Validator

        return Draft202012Validator(dict(self.parameters))

    @functools.cached_property
    def _flat(self) -> tuple[dict[str, type], frozenset[str]] | None:
        """Types by name and the required names, if a type is all that the schema says of a parameter."""
        types: dict[str, type] = {}
        for name, part in self.parameters.get("properties", {}).items():
            kind = PLAIN_TYPES.get(part.get("type")) if isinstance(part.get("type"), str) else None
            if kind is None or part.keys() - {"type", "description", "default", "title"}:
                return None
            types[name] = kind
        more = self.parameters.keys() - {"type", "properties", "required", "additionalProperties", "description"}
        closed = self.parameters.get("additionalProperties") is False
        return (types, frozenset(self.parameters.get("required", ()))) if closed and not more else None

    def _fits_at_once(self, arguments: Any) -> bool:
        """Whether a flat schema's arguments are right, which saves jsonschema's time; False says nothing."""
        if self._flat is None or type(arguments) is not dict:
            return False
        types, required = self._flat
        for name, value in arguments.items():
            if types.get(name) is not type(value) or (type(value) is float and not math.isfinite(value)):
                return False
        return required <= arguments.keys()

    def bound(self, function: Callable[..., Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Keyword arguments for ``function`` from plain data that fit the schema: dataclasses, enums and tuples."""
        builds = _builds(function)
        return {name: builds[name](value) if name in builds else value for name, value in arguments.items()}

    def coerced(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Arguments whose texts are read as the numbers and truth values that the schema wants: ``"7"`` as 7."""
        properties = self.parameters.get("properties", {})
        return {name: _coerced(value, properties.get(name, {})) for name, value in arguments.items()}


PLAIN_TYPES = {"string": str, "integer": int, "number": float, "boolean": bool}


def _coerced(value: Any, schema: Mapping[str, Any]) -> Any:
    kind = schema.get("type")
    if not isinstance(value, str) or kind not in ("integer", "number", "boolean", "null", "array", "object"):
        return value
    try:
        read = json.loads(value)
    except (ValueError, RecursionError):
        return value
    fits = {
        "integer": type(read) is int,
        "number": type(read) in (int, float) and math.isfinite(read),
        "boolean": type(read) is bool,
        "null": read is None,
        "array": isinstance(read, list),
        "object": isinstance(read, dict),
    }
    return read if fits[kind] else value


def _parameters(function: Callable[..., Any], where: str) -> tuple[dict[str, Build], dict[str, Any]]:
    """A function's parameters by name, and the defaults of those that have one."""
    try:
        signature = inspect.signature(function, eval_str=True)
    except NameError as error:
        raise InputError(f"{where}: a hint can't be read: {error}") from None
    builds, defaults = {}, {}
    for position, (name, parameter) in enumerate(signature.parameters.items()):
        if position == 0 and name == "self":
            continue
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
            raise InputError(f"{where}: {parameter} can't be given by name")
        if parameter.annotation is parameter.empty:
            raise InputError(f"{where}: {name} has no type hint")
        builds[name] = Build(parameter.annotation)
        if parameter.default is not parameter.empty:
            defaults[name] = plain(parameter.default)
    return builds, defaults


@functools.lru_cache(maxsize=4096)
def _builds(function: Callable[..., Any]) -> dict[str, Callable[[Any], Any]]:
    """How parameters are built whose values aren't plain data."""
    parameters, _ = _parameters(function, f"tool {function.__qualname__}")
    return {name: functools.partial(built, build.hint) for name, build in parameters.items() if not build.is_plain}


def _is_finite(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return all(map(_is_finite, parts))


def _kind(schema: Mapping[str, Any]) -> str:
    """A schema's type in a word or two."""
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    if "anyOf" in schema:
        return " | ".join(_kind(part) for part in schema["anyOf"])
    kind = schema.get("type", "any")
    if "prefixItems" in schema:
        return f"[{', '.join(map(_kind, schema['prefixItems']))}]"
    if kind == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    if kind == "object" and schema.get("properties"):
        required = schema.get("required", ())
        parts = (
            f"{name}{'' if name in required else '?'}: {_kind(part)}" for name, part in schema["properties"].items()
        )
        return f"{{{', '.join(parts)}}}"
    return kind if isinstance(kind, str) else " | ".join(kind)
