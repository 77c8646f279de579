"""The user interface: views, layout, theme, windows, keyboard, gestures, accessibility."""
