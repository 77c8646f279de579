"""What is on the screen and how it is touched: views, layout, theme, windows, keyboard, gestures, accessibility."""
