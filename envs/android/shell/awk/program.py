"""awk's interpreter: runs the rules of a program on the records of its input."""

import contextlib
import math
import re
from collections.abc import Callable, Iterable, Sequence

from palaestra.envs.android.shell.awk.formats import formatted
from palaestra.envs.android.shell.awk.syntax import Fault, Node, Parser
from palaestra.envs.android.shell.awk.values import (
    ARITHMETIC,
    COMPARISONS,
    NUMERIC,
    Field,
    Value,
    between,
    looks_numeric,
    number,
    part,
)
from palaestra.envs.android.shell.patterns import PatternFault, posix_regex

STEP_LIMIT = 300_000
"""Most statements and expressions that a program may evaluate."""
LENGTH_LIMIT = 1 << 20
"""Longest text, characters."""
FIELD_LIMIT = 10_000
"""Most fields of a record."""


class Leave(Exception):
    """``break``, ``continue`` or ``next``, by its word."""

    def __init__(self, word: str):
        self.word = word


class Done(Exception):
    """``exit``."""


class Program:
    """A program and its variables.

    Args:
        source: its text.
        variables: those that ``-v`` sets.
        write: prints.

    Attributes:
        status: the exit status.

    Raises:
        Fault: it is invalid, asks for what there is not, or takes too long.
    """

    def __init__(self, source: str, variables: Iterable[tuple[str, str]], write: Callable[[str], None]):
        self._rules = Parser(source).program()
        self._write = write
        self._variables: dict[str, Value] = {
            "FS": " ",
            "OFS": " ",
            "ORS": "\n",
            "RS": "\n",
            "SUBSEP": "\x1c",
            "OFMT": "%.6g",
            "CONVFMT": "%.6g",
            "NR": 0.0,
            "FNR": 0.0,
            "RSTART": 0.0,
            "RLENGTH": -1.0,
            "FILENAME": "",
        }
        self._arrays: dict[str, dict[str, Value]] = {}
        self._record, self._fields = "", list[str]()
        self._steps = 0
        self._in_range: set[int] = set()
        self.status = 0
        for name, value in variables:
            self.set(name, value)

    def set(self, name: str, value: str) -> None:
        """Set a variable as ``-v`` and ``NAME=VALUE`` do."""
        self._variables[name] = Field(value)

    @property
    def reads(self) -> bool:
        """Whether it needs the input: it has more than BEGIN."""
        return any(kind != "BEGIN" for kind, *_ in self._rules)

    def run(self, files: Iterable[tuple[str, str]]) -> int:
        """Run on files (name, text), which are read as they are needed; returns the exit status."""
        with contextlib.suppress(Done):  # exit in BEGIN skips END as well
            self._all("BEGIN")
            with contextlib.suppress(Done):
                for name, text in files if self.reads else ():
                    self._variables.update(FILENAME=name, FNR=0.0)
                    for record in self._records(text):
                        self._read(record)
            self._all("END")
        return self.status

    def _all(self, wanted: str) -> None:
        for kind, _, _, body in self._rules:
            if kind == wanted:
                self._guarded(body)

    def _guarded(self, body: Node) -> None:
        try:
            self._do(body)
        except Leave as leaving:
            if leaving.word == "next":
                raise
            raise Fault(f"{leaving.word} outside a loop") from None

    def _records(self, text: str) -> Sequence[str]:
        separator = self._string(self._variables["RS"])
        if len(separator) > 1:
            raise Fault("a record separator of several characters is not supported")
        if not separator:
            return [part for part in re.split(r"\n{2,}", text.strip("\n")) if part]
        return (text[:-1] if text.endswith(separator) else text).split(separator) if text else []

    def _read(self, record: str) -> None:
        for name in ("NR", "FNR"):
            self._variables[name] = number(self._variables[name]) + 1
        self._set_record(record)
        try:
            for place, (kind, first, second, body) in enumerate(self._rules):
                if not kind and self._applies(place, first, second):
                    if body is None:
                        self._write(self._record + self._string(self._variables["ORS"]))
                    else:
                        self._guarded(body)
        except Leave:
            return

    def _applies(self, place: int, first: Node | None, second: Node | None) -> bool:
        if first is None:
            return True
        if second is None:
            return self._truth(self._value(first))
        if place not in self._in_range:
            if not self._truth(self._value(first)):
                return False
            self._in_range.add(place)
        if self._truth(self._value(second)):
            self._in_range.discard(place)
        return True

    # --- the record

    def _set_record(self, record: str) -> None:
        self._record = record
        self._fields = self._split(record, self._string(self._variables["FS"]))
        self._variables["NF"] = float(len(self._fields))

    def _split(self, text: str, separator: str) -> list[str]:
        if not text:
            return []
        if separator == " ":
            return text.split()
        if len(separator) == 1 and separator != "\\":
            return text.split(separator)
        if not separator:
            return list(text)
        return between(self._regex(separator), text)

    def _join(self) -> None:
        self._record = self._checked(self._string(self._variables["OFS"]).join(self._fields))

    def _field(self, place: float) -> Value:
        index = self._index(place)
        if index == 0:
            return Field(self._record)
        return Field(self._fields[index - 1]) if index <= len(self._fields) else None

    def _index(self, place: float) -> int:
        if not 0 <= place <= FIELD_LIMIT:
            raise Fault(f"trying to access out of range field {place:g}")
        return int(place)

    def _set_field(self, place: float, text: str) -> None:
        index = self._index(place)
        if index == 0:
            self._set_record(text)
            return
        self._fields += [""] * (index - len(self._fields))
        self._fields[index - 1] = text
        self._variables["NF"] = float(len(self._fields))
        self._join()

    # --- statements

    def _step(self) -> None:
        self._steps += 1
        if self._steps > STEP_LIMIT:
            raise Fault("the program takes too long")

    def _do(self, node: Node) -> None:
        self._step()
        getattr(self, f"_do_{node[0]}")(*node[1:])

    def _do_block(self, statements: list[Node]) -> None:
        for statement in statements:
            self._do(statement)

    def _do_do_expression(self, node: Node) -> None:
        self._value(node)

    def _do_if(self, condition: Node, yes: Node, no: Node | None) -> None:
        if self._truth(self._value(condition)):
            self._do(yes)
        elif no is not None:
            self._do(no)

    def _once(self, body: Node) -> bool:
        """Run a loop's body; whether the loop goes on."""
        try:
            self._do(body)
        except Leave as leaving:
            if leaving.word == "next":
                raise
            return leaving.word == "continue"
        return True

    def _do_while(self, condition: Node, body: Node) -> None:
        while self._truth(self._value(condition)) and self._once(body):
            self._step()

    def _do_do(self, body: Node, condition: Node) -> None:
        while self._once(body) and self._truth(self._value(condition)):
            self._step()

    def _do_for(self, start: Node | None, condition: Node | None, step: Node | None, body: Node) -> None:
        if start is not None:
            self._do(start)
        while (condition is None or self._truth(self._value(condition))) and self._once(body):
            self._step()
            if step is not None:
                self._do(step)

    def _do_each(self, name: str, array: str, body: Node) -> None:
        for key in list(self._arrays.get(array, {})):
            self._assign(("name", name), Field(key))
            if not self._once(body):
                return

    def _do_next(self) -> None:
        raise Leave("next")

    def _do_break(self) -> None:
        raise Leave("break")

    def _do_continue(self) -> None:
        raise Leave("continue")

    def _do_exit(self, value: Node | None) -> None:
        if value is not None:
            code = number(self._value(value))
            self.status = int(code) & 255 if math.isfinite(code) else 2
        raise Done

    def _do_delete(self, array: str, subscript: list[Node] | None) -> None:
        if subscript is None:
            self._arrays.pop(array, None)
        else:
            self._arrays.get(array, {}).pop(self._key(subscript), None)

    def _do_print(self, values: list[Node]) -> None:
        texts = [self._string(self._value(node), "OFMT") for node in values] if values else [self._record]
        separator, end = self._string(self._variables["OFS"]), self._string(self._variables["ORS"])
        self._write(separator.join(texts) + end)

    def _do_printf(self, values: list[Node]) -> None:
        self._write(self._format([self._value(node) for node in values]))

    # --- expressions

    def _value(self, node: Node) -> Value:
        self._step()
        result: Value = getattr(self, f"_of_{node[0]}")(*node[1:])
        return result

    def _truth(self, value: Value) -> bool:
        return bool(number(value)) if looks_numeric(value) else bool(value)

    def _string(self, value: Value, form: str = "CONVFMT") -> str:
        if value is None:
            return ""
        if isinstance(value, str):
            return str(value)
        if not math.isfinite(value):
            return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
        if value == int(value) and abs(value) < 1e16:
            return str(int(value))
        return self._format([self._string(self._variables[form]), value])

    def _checked(self, text: str) -> str:
        if len(text) > LENGTH_LIMIT:
            raise Fault("a text is too long")
        return text

    def _regex(self, pattern: str) -> re.Pattern[str]:
        try:
            return posix_regex(pattern.replace("\\t", "\t"), True)
        except PatternFault as problem:
            raise Fault(f"{problem} in regular expression {pattern}") from None

    def _pattern(self, node: Node) -> re.Pattern[str]:
        """The regular expression that a node stands for: a constant, or a text."""
        return self._regex(node[1] if node[0] == "regex" else self._string(self._value(node)))

    def _key(self, subscript: list[Node]) -> str:
        return self._string(self._variables["SUBSEP"]).join(self._string(self._value(node)) for node in subscript)

    def _of_number(self, value: float) -> Value:
        return value

    def _of_text(self, value: str) -> Value:
        return value

    def _of_regex(self, pattern: str) -> Value:
        return float(self._regex(pattern).search(self._record) is not None)

    def _of_group(self, values: list[Node]) -> Value:
        raise Fault("syntax error: a list in brackets is only allowed with in and print")

    def _of_name(self, name: str) -> Value:
        if name in self._arrays:
            raise Fault(f"can't use array {name} in a scalar context")
        return self._variables.get(name)

    def _of_field(self, place: Node) -> Value:
        return self._field(number(self._value(place)))

    def _array(self, name: str) -> dict[str, Value]:
        if name in self._variables:
            raise Fault(f"can't use scalar {name} as an array")
        return self._arrays.setdefault(name, {})

    def _of_element(self, name: str, subscript: list[Node]) -> Value:
        return self._array(name).setdefault(self._key(subscript), None)

    def _of_in(self, subscript: list[Node], name: str) -> Value:
        return float(self._key(subscript) in self._arrays.get(name, {}))

    def _assign(self, target: Node, value: Value) -> None:
        if target[0] == "field":
            self._set_field(number(self._value(target[1])), self._string(value))
        elif target[0] == "element":
            self._array(target[1])[self._key(target[2])] = value
        elif target[1] in self._arrays:
            raise Fault(f"can't assign to array {target[1]}")
        else:
            self._variables[target[1]] = value
            if target[1] == "NF":
                count = self._index(number(value))
                self._fields = (self._fields + [""] * count)[:count]
                self._join()

    def _of_choose(self, condition: Node, yes: Node, no: Node) -> Value:
        return self._value(yes if self._truth(self._value(condition)) else no)

    def _of_assign(self, operator: str, target: Node, node: Node) -> Value:
        value = self._value(node)
        if operator:
            value = self._arithmetic(operator, number(self._value(target)), number(value))
        self._assign(target, value)
        return value

    def _of_before(self, sign: str, target: Node) -> Value:
        value = number(self._value(target)) + (1 if sign == "+" else -1)
        self._assign(target, value)
        return value

    def _of_after(self, sign: str, target: Node) -> Value:
        value = number(self._value(target))
        self._assign(target, value + (1 if sign == "+" else -1))
        return value

    def _of_unary(self, sign: str, node: Node) -> Value:
        value = self._value(node)
        if sign == "!":
            return float(not self._truth(value))
        return -number(value) if sign == "-" else number(value)

    def _of_binary(self, operator: str, left: Node, right: Node) -> Value:
        if operator in ("&&", "||"):
            first = self._truth(self._value(left))
            return float(first if first == (operator == "||") else self._truth(self._value(right)))
        if operator in ("~", "!~"):
            text = self._string(self._value(left))
            return float((self._pattern(right).search(text) is not None) == (operator == "~"))
        first_value, second_value = self._value(left), self._value(right)
        if operator == "concat":
            return self._checked(self._string(first_value) + self._string(second_value))
        if operator in COMPARISONS:
            return float(self._compared(operator, first_value, second_value))
        return self._arithmetic(operator, number(first_value), number(second_value))

    def _compared(self, operator: str, left: Value, right: Value) -> bool:
        if looks_numeric(left) and looks_numeric(right):
            return COMPARISONS[operator](number(left), number(right))
        return COMPARISONS[operator](self._string(left), self._string(right))

    def _arithmetic(self, operator: str, left: float, right: float) -> float:
        if operator in ("/", "%") and not right:
            raise Fault(f"division by zero{' in %' if operator == '%' else ''}")
        try:
            return float(ARITHMETIC[operator](left, right))
        except (OverflowError, ValueError, TypeError, ZeroDivisionError):
            return math.nan

    def _of_call(self, name: str, nodes: list[Node]) -> Value:
        if name in ("sub", "gsub", "split", "match"):
            result: Value = getattr(self, f"_call_{name}")(*nodes)
            return result
        if name == "length" and nodes and nodes[0][0] == "name" and nodes[0][1] in self._arrays:
            return float(len(self._arrays[nodes[0][1]]))
        values = [self._value(node) for node in nodes]
        if name == "sprintf":
            return self._format(values)
        texts = [self._string(value) for value in values] or [self._record]
        if name in NUMERIC:
            try:
                return float(NUMERIC[name](*(number(value) for value in values)))
            except (ValueError, OverflowError):
                return math.nan
        if name == "length":
            return float(len(texts[0]))
        if name == "index":
            return float(texts[0].find(texts[1]) + 1)
        if name == "substr":
            return part(texts[0], number(values[1]), number(values[2]) if len(values) > 2 else math.inf)
        return texts[0].lower() if name == "tolower" else texts[0].upper()

    def _call_match(self, text: Node, pattern: Node) -> Value:
        hit = self._pattern(pattern).search(self._string(self._value(text)))
        self._variables["RSTART"] = float(hit.start() + 1) if hit else 0.0
        self._variables["RLENGTH"] = float(hit.end() - hit.start()) if hit else -1.0
        return self._variables["RSTART"]

    def _call_split(self, text: Node, array: Node, separator: Node | None = None) -> Value:
        if array[0] != "name":
            raise Fault("split needs an array")
        if separator is not None and separator[0] == "regex":
            whole = self._string(self._value(text))
            parts = between(self._regex(separator[1]), whole) if whole else []
        else:
            by = self._variables["FS"] if separator is None else self._value(separator)
            parts = self._split(self._string(self._value(text)), self._string(by))
        elements = self._array(array[1])
        elements.clear()
        elements.update({str(place): Field(part) for place, part in enumerate(parts, 1)})
        return float(len(parts))

    def _call_sub(self, pattern: Node, replacement: Node, target: Node = ("field", ("number", 0.0))) -> Value:
        return self._replaced(pattern, replacement, target, 1)

    def _call_gsub(self, pattern: Node, replacement: Node, target: Node = ("field", ("number", 0.0))) -> Value:
        return self._replaced(pattern, replacement, target, 0)

    def _replaced(self, pattern: Node, replacement: Node, target: Node, most: int) -> Value:
        if target[0] not in ("name", "field", "element"):
            raise Fault("sub and gsub need a variable to change")
        regex, new = self._pattern(pattern), self._string(self._value(replacement))
        pieces = re.split(r"(\\\\|\\&|&)", new)

        def filled(match: re.Match[str]) -> str:
            return "".join({"&": match[0], "\\&": "&", "\\\\": "\\"}.get(piece, piece) for piece in pieces)

        text, count = regex.subn(filled, self._string(self._value(target)), count=most)
        if count:
            self._assign(target, self._checked(text))
        return float(count)

    def _format(self, values: Sequence[Value]) -> str:
        """What ``printf`` prints for a format and its values."""
        return self._checked(formatted(values, self._string))
