"""What an agent is told of a tool: a JSON Schema made from a typed function, in everybody's format.

The schema is JSON Schema 2020-12. Hints: ``str``, ``int``, ``float``, ``bool``, ``None``, ``Any``, ``Literal``, enums,
unions, ``list``, ``dict`` with text keys, ``tuple``, dataclasses and ``TypedDict``, nested as one likes. Descriptions
come from a docstring in Google's style, of fields also from the string after the field, or from ``Annotated``.
"""

import functools
import inspect
import json
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from palaestra.data.errors import InputError
from palaestra.envs.tools.building import Builder, builder
from palaestra.envs.tools.docstrings import sections
from palaestra.envs.tools.fits import Check, is_of, kinds, quick_check
from palaestra.envs.tools.hints import UNREADABLE, default_value, object_schema, schema_of
from palaestra.envs.tools.json_text import Problem, is_finite, json_value

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
        if not inspect.isroutine(function):
            raise InputError(f"tool {function!r}: must be a function or a method")
        where = f"tool {function.__qualname__}"
        described = sections(inspect.getdoc(function) or "")
        if not described.summary:
            raise InputError(f"{where}: has no docstring")
        signature = _signature(function, where)
        hints, defaults = _parameters(signature, where)
        schema = object_schema(hints, described.arguments, defaults, where)
        missing = [name for name, part in schema["properties"].items() if not part.get("description")]
        if missing:
            raise InputError(f"{where}: the docstring's Args don't describe {', '.join(missing)}")
        result = signature.return_annotation
        returns = None if result is inspect.Signature.empty else schema_of(result, f"{where}: the result")
        return cls(function.__name__, described.summary, schema, returns, described.returned)

    def renamed(self, name: str) -> "ToolSpec":
        """The same tool by another name."""
        return self if name == self.name else replace(self, name=name)

    def __reduce__(self) -> tuple[Any, ...]:
        # Without what was computed: compiled checks and validators can't be sent to other processes.
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
        """A few lines for a prompt: a signature, the description, and a line for each parameter.

        It leaves out what a model can do without, such as descriptions of nested fields, so no spec is made of it.
        """
        properties, required = self.parameters.get("properties", {}), self.parameters.get("required", ())
        signature = ", ".join(
            f"{name}{'' if name in required or 'default' in part else '?'}: {_kind(part)}"
            + (f" = {json.dumps(part['default'], ensure_ascii=False)}" if "default" in part else "")
            for name, part in properties.items()
        )
        result = "" if self.returns is None else f" -> {_kind(self.returns)}"
        lines = [f"{self.name}({signature}){result}", textwrap.indent(self.description, "    ")]
        lines += [f"    {name}: {part['description']}" for name, part in properties.items() if part.get("description")]
        return "\n".join(lines)

    @classmethod
    def from_openai(cls, form: Mapping[str, Any]) -> "ToolSpec":
        """The spec of ``openai()``, with the result's schema if the form has ``return`` as ``hugging_face()`` does.

        Raises:
            InputError: it has another form.
        """
        try:
            function = form["function"]
            returns = dict(function["return"]) if "return" in function else None
            returned = returns.pop("description", "") if returns else ""
            empty = {"type": "object", "properties": {}}
            spec = cls(function["name"], function.get("description") or "", function.get("parameters") or empty)
            return replace(spec, returns=returns, returned=returned)._checked()
        except (KeyError, TypeError, AttributeError) as error:
            raise InputError(f"not a function of OpenAI's form ({type(error).__name__}: {error})") from None

    @classmethod
    def from_hugging_face(cls, form: Mapping[str, Any]) -> "ToolSpec":
        """The spec of ``hugging_face()``; also of ``openai()``.

        Raises:
            InputError: it has another form.
        """
        return cls.from_openai(form)

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

        if not isinstance(self.name, str) or not isinstance(self.description, str):
            raise TypeError("the name or the description is no text")
        for part, schema in {"parameters": self.parameters, "result": self.returns}.items():
            if schema is None:
                continue
            if not isinstance(schema, Mapping):
                raise TypeError(f"the {part}'s schema is no object")
            try:
                Draft202012Validator.check_schema(dict(schema))
            except (SchemaError, RecursionError) as error:
                reason = error.message if isinstance(error, SchemaError) else "nested too deeply"
                raise InputError(f"tool {self.name}: the {part}'s schema is no JSON Schema: {reason}") from None
        return self

    # For calls.

    def problem(self, arguments: Any) -> str:
        """What doesn't fit the schema, in a line for the agent; empty if everything does."""
        if self._quick is not None and self._quick(arguments):
            return ""
        try:
            return self._explained(arguments)
        except RecursionError:
            return "the arguments are nested too deeply"
        except ValueError:  # an integer that Python doesn't write
            return "a number has too many digits"

    def _explained(self, arguments: Any) -> str:
        from jsonschema.exceptions import best_match
        from referencing.exceptions import Unresolvable

        try:
            error = best_match(self._validator.iter_errors(arguments))
        except Unresolvable as unresolved:  # in the schema of somebody else's tool
            return f"the tool's own schema is broken: {' '.join(str(unresolved).split())[:MAX_PROBLEM]}"
        if error is None:
            return "" if is_finite(arguments) else "NaN and infinity are no JSON numbers"
        place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path)
        message = error.message if len(error.message) <= MAX_PROBLEM else f"{error.message[:MAX_PROBLEM]}..."
        place = " ".join(place.removeprefix(".")[:MAX_PROBLEM].split())
        return " ".join((f"{place}: {message}" if place else message).splitlines())

    @functools.cached_property
    def _validator(self) -> Any:
        from jsonschema import Draft202012Validator
        from jsonschema_specifications import REGISTRY

        # With a registry of its own jsonschema fetches no references from the network.
        return Draft202012Validator(dict(self.parameters), registry=REGISTRY)

    @functools.cached_property
    def _quick(self) -> Check | None:
        return quick_check(self.parameters)

    def bound(self, function: Callable[..., Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Keyword arguments for ``function`` from plain data that fit the schema: dataclasses, enums and tuples.

        Raises:
            OverflowError: a whole number is beyond a float's range where the hint is ``float``.
        """
        builders = _builders(function)
        return {name: builders[name](value) if name in builders else value for name, value in arguments.items()}

    def coerced(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Arguments whose texts are read as what the schema wants instead: ``"7"`` as 7, ``"[1]"`` as a list.

        Nothing else coerces; ``problem`` and ``bound`` take texts as texts.
        """
        return _coerced(dict(arguments), self.parameters)


def _coerced(value: Any, schema: Any) -> Any:
    if not isinstance(schema, Mapping):
        return value
    if isinstance(value, str):
        named = kinds(schema)
        if named is None or "string" in named:
            return value
        read = json_value(value)
        return _coerced(read, schema) if not isinstance(read, Problem | str) and is_of(read, named) else value
    if isinstance(value, dict):
        properties, more = schema.get("properties", {}), schema.get("additionalProperties", {})
        return {name: _coerced(each, properties.get(name, more)) for name, each in value.items()}
    if isinstance(value, list):
        prefix, more = schema.get("prefixItems", []), schema.get("items", {})
        return [_coerced(each, prefix[i] if i < len(prefix) else more) for i, each in enumerate(value)]
    return value


def _signature(function: Callable[..., Any], where: str) -> inspect.Signature:
    try:
        return inspect.signature(function, eval_str=True)
    except UNREADABLE as error:
        raise InputError(f"{where}: a hint can't be read: {error}") from None


def _parameters(signature: inspect.Signature, where: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The hints of the parameters by name, and the defaults of those that have one."""
    hints, defaults = {}, {}
    for position, (name, parameter) in enumerate(signature.parameters.items()):
        if position == 0 and name == "self":
            continue
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
            raise InputError(f"{where}: {parameter} can't be given by name")
        if parameter.annotation is parameter.empty:
            raise InputError(f"{where}: {name} has no type hint")
        hints[name] = parameter.annotation
        if parameter.default is not parameter.empty:
            defaults[name] = default_value(parameter.default, f"{where}: {name}")
    return hints, defaults


@functools.lru_cache(maxsize=4096)
def _builders(function: Callable[..., Any]) -> dict[str, Builder]:
    """How the parameters are built whose values aren't plain data."""
    where = f"tool {function.__qualname__}"
    hints, _ = _parameters(_signature(function, where), where)
    builders = {name: builder(hint, f"{where}: {name}") for name, hint in hints.items()}
    return {name: build for name, build in builders.items() if build}


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
