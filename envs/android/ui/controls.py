"""Controls: buttons, fields, switches, sliders, chips."""

from collections.abc import Callable
from typing import Any

from palaestra.envs.android.ui.view import FILL, Action, View, make

_BUTTONS = {
    "filled": ("primary", "on_primary", None),
    "tonal": ("secondary_container", "on_secondary_container", None),
    "outlined": (None, "primary", "outline"),
    "text": (None, "primary", None),
    "elevated": ("surface_container_low", "primary", None),
}


def button(label: str, on_click: Action, style: str = "filled", icon: str | None = None, **options: Any) -> View:
    """A Material button; `style` is filled, tonal, outlined, text or elevated."""
    background, foreground, border = _BUTTONS[style]
    sides = 12 if style == "text" else 24
    defaults = {
        "height": 40,
        "min_width": 48,
        "padding": (16 if icon else sides, 0, sides, 0),
        "radius": 20,
        "background": background,
        "foreground": foreground,
        "border": border,
        "font": "label_large",
    }
    return make(
        "button",
        "android.widget.Button",
        text=label,
        on_click=on_click,
        style=style,
        icon=icon or "",
        lines=1,
        size=18,
        text_align="center",
        **{**defaults, **options},
    )


def icon_button(icon: str, on_click: Action, desc: str, **options: Any) -> View:
    """A button with a glyph, 48 dp square; `desc` is spoken by a screen reader."""
    defaults = {"width": 48, "height": 48, "size": 24, "radius": 24, "foreground": "on_surface_variant"}
    return make(
        "icon", "android.widget.ImageButton", icon=icon, on_click=on_click, desc=desc, **{**defaults, **options}
    )


def fab(icon: str, on_click: Action, desc: str = "", label: str | None = None, **options: Any) -> View:
    """The floating action button; extended if it has a label."""
    defaults = {
        "height": 56,
        "radius": 16,
        "elevation": 3,
        "background": "primary_container",
        "size": 24,
        "foreground": "on_primary_container",
        "font": "label_large",
        **({"padding": (16, 0, 20, 0), "min_width": 80} if label else {"width": 56}),
    }
    cls = "android.widget.Button" if label else "android.widget.ImageButton"
    return make(
        "button",
        cls,
        text=label or "",
        icon=icon,
        on_click=on_click,
        desc=desc or label or "",
        style="fab",
        lines=1,
        text_align="center",
        **{**defaults, **options},
    )


def text_field(
    value: str,
    on_change: Callable[[str], Any] | None,
    *,
    hint: str = "",
    label: str = "",
    id: str = "",
    input_type: str = "text",
    on_submit: Action = None,
    leading: View | None = None,
    trailing: View | None = None,
    autofocus: bool = False,
    style: str = "outlined",
    **options: Any,
) -> View:
    """A text field. The caller stores the text: `on_change` receives the new text for the next tree.

    Args:
        value: the text.
        on_change: called with the whole new text after every edit.
        hint: shown while empty. A label takes its place when there is one.
        label: floats above the text once there is some, or the field has the focus.
        id: resource id of the EditText.
        input_type: text, number, phone, email, password or multiline.
        on_submit: the keyboard's action key (done, go, search) calls it.
        leading: icon before the text.
        trailing: icon or icon button behind it.
        autofocus: takes the focus (and brings the keyboard) when it first shows.
        style: outlined, filled or bare.
        **options: attributes; `action` names the keyboard's action key ("search", "done", "next", "send", "go"),
            `capitals` what the soft keyboard begins with a capital ("words" for names, "sentences").
    """
    multiline = input_type == "multiline"
    left, right = (52 if leading else 16), (52 if trailing else 16)
    if style == "outlined":
        look = {"border": "outline", "radius": 4, "min_height": 56, "padding": (left, 16, right, 16)}
    elif style == "filled":
        top = 24 if label else 16
        look = {
            "background": "surface_container_highest",
            "radius": (4, 4, 0, 0),
            "min_height": 56,
            "padding": (left, top, right, 8 if label else 16),
        }
    else:
        look = {"min_height": 48, "padding": (left if leading else 0, 12, right if trailing else 0, 12)}
    for child, side in ((leading, "start"), (trailing, "end")):
        if child is not None:
            child.gravity = f"{side} top" if multiline else f"{side} center"
            child.margin = (0 if child.clickable else 12, 0)
    defaults = {"width": FILL, "font": "body_large", "foreground": "on_surface", "lines": 0 if multiline else 1, **look}
    return make(
        "field",
        "android.widget.EditText",
        "field",
        [child for child in (leading, trailing) if child is not None],
        text=value,
        on_change=on_change,
        hint=hint,
        label=label,
        id=id,
        input_type=input_type,
        on_submit=on_submit,
        autofocus=autofocus,
        style=style,
        password=input_type == "password",
        editable=True,
        clickable=True,
        long_clickable=True,
        focusable=True,
        **{**defaults, **options},
    )


def _toggle(kind: str, cls: str, checked: bool, on_change: Callable[[bool], Any] | None, options: dict) -> View:
    # without on_change it only displays the state; the surrounding row is clickable
    pressed = on_change is not None
    return View(
        kind,
        cls,
        checkable=True,
        checked=bool(checked),
        on_change=on_change,
        clickable=pressed,
        focusable=pressed,
        **options,
    )


def switch(checked: bool, on_change: Callable[[bool], Any] | None = None, **options: Any) -> View:
    """A switch; `on_change` receives the new value. Without it the switch is for display (its row is clickable)."""
    return _toggle("switch", "android.widget.Switch", checked, on_change, {"width": 52, "height": 32, **options})


def checkbox(checked: bool, on_change: Callable[[bool], Any] | None = None, **options: Any) -> View:
    """A checkbox with an optional `text` beside it."""
    return _toggle(
        "checkbox", "android.widget.CheckBox", checked, on_change, {"min_width": 40, "height": 40, **options}
    )


def radio(checked: bool, on_change: Callable[[bool], Any] | None = None, **options: Any) -> View:
    """A radio button with an optional `text` beside it; `on_change` receives True."""
    return _toggle(
        "radio", "android.widget.RadioButton", checked, on_change, {"min_width": 40, "height": 40, **options}
    )


def slider(
    value: float, low: float, high: float, on_change: Callable[[float], Any] | None, desc: str = "", **options: Any
) -> View:
    """A slider for a value in [low, high]; integers if both bounds are."""
    options = {"width": FILL, "height": 48, **options}
    return make(
        "slider",
        "android.widget.SeekBar",
        value=value,
        low=low,
        high=high,
        on_change=on_change,
        desc=desc,
        focusable=True,
        **options,
    )


def chip(label: str, selected: bool = False, on_click: Action = None, icon: str | None = None, **options: Any) -> View:
    """A chip; filled and ticked when selected."""
    look = (
        {"background": "secondary_container", "foreground": "on_secondary_container"}
        if selected
        else {"border": "outline_variant", "foreground": "on_surface_variant"}
    )
    icon = "check" if selected and icon is None else icon or ""
    defaults = {"height": 32, "radius": 8, "padding": (8 if icon else 16, 0, 16, 0), "font": "label_large", **look}
    return make(
        "button",
        "com.google.android.material.chip.Chip",
        text=label,
        icon=icon,
        on_click=on_click,
        selected=selected,
        checkable=True,
        checked=selected,
        style="chip",
        lines=1,
        size=18,
        text_align="center",
        **{**defaults, **options},
    )
