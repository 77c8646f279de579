"""Names of keys: Android's numbers (`input keyevent`) and X's (android-env's key events).

Android: developer.android.com/reference/android/view/KeyEvent. X: evdev's number plus 8, as XKB has it.
"""

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

# Tables with as many keys on a line as fit.
# fmt: off
ANDROID_KEYS: dict[int, str] = {
    1: "SOFT_LEFT", 2: "SOFT_RIGHT", 3: "HOME", 4: "BACK", 5: "CALL", 6: "ENDCALL",
    **{7 + digit: str(digit) for digit in range(10)},
    17: "STAR", 18: "POUND", 19: "DPAD_UP", 20: "DPAD_DOWN", 21: "DPAD_LEFT", 22: "DPAD_RIGHT", 23: "DPAD_CENTER",
    24: "VOLUME_UP", 25: "VOLUME_DOWN", 26: "POWER", 27: "CAMERA", 28: "CLEAR",
    **{29 + i: letter for i, letter in enumerate(_LETTERS)},
    55: "COMMA", 56: "PERIOD", 57: "ALT_LEFT", 58: "ALT_RIGHT", 59: "SHIFT_LEFT", 60: "SHIFT_RIGHT", 61: "TAB",
    62: "SPACE", 63: "SYM", 64: "EXPLORER", 65: "ENVELOPE", 66: "ENTER", 67: "DEL", 68: "GRAVE", 69: "MINUS",
    70: "EQUALS", 71: "LEFT_BRACKET", 72: "RIGHT_BRACKET", 73: "BACKSLASH", 74: "SEMICOLON", 75: "APOSTROPHE",
    76: "SLASH", 77: "AT", 78: "NUM", 79: "HEADSETHOOK", 80: "FOCUS", 81: "PLUS", 82: "MENU", 83: "NOTIFICATION",
    84: "SEARCH", 85: "MEDIA_PLAY_PAUSE", 86: "MEDIA_STOP", 87: "MEDIA_NEXT", 88: "MEDIA_PREVIOUS",
    91: "MUTE", 92: "PAGE_UP", 93: "PAGE_DOWN", 111: "ESCAPE", 112: "FORWARD_DEL", 113: "CTRL_LEFT",
    114: "CTRL_RIGHT", 115: "CAPS_LOCK", 117: "META_LEFT", 118: "META_RIGHT", 122: "MOVE_HOME", 123: "MOVE_END",
    124: "INSERT",
    **{130 + i: f"F{i}" for i in range(1, 13)}, **{144 + digit: f"NUMPAD_{digit}" for digit in range(10)},
    154: "NUMPAD_DIVIDE", 155: "NUMPAD_MULTIPLY", 156: "NUMPAD_SUBTRACT", 157: "NUMPAD_ADD", 158: "NUMPAD_DOT",
    160: "NUMPAD_ENTER", 161: "NUMPAD_EQUALS", 164: "VOLUME_MUTE", 176: "SETTINGS", 187: "APP_SWITCH",
    220: "BRIGHTNESS_DOWN", 221: "BRIGHTNESS_UP", 223: "SLEEP", 224: "WAKEUP", 277: "CUT", 278: "COPY", 279: "PASTE",
    284: "ALL_APPS",
}
"""Android's key numbers -> names without ``KEYCODE_``."""

XKB_KEYS: dict[int, str] = {
    9: "ESCAPE", **{10 + i: str((i + 1) % 10) for i in range(10)}, 20: "MINUS", 21: "EQUALS", 22: "DEL", 23: "TAB",
    **dict(zip(range(24, 34), "QWERTYUIOP", strict=True)), 34: "LEFT_BRACKET", 35: "RIGHT_BRACKET", 36: "ENTER",
    37: "CTRL_LEFT", **dict(zip(range(38, 47), "ASDFGHJKL", strict=True)), 47: "SEMICOLON", 48: "APOSTROPHE",
    49: "GRAVE", 50: "SHIFT_LEFT", 51: "BACKSLASH", **dict(zip(range(52, 59), "ZXCVBNM", strict=True)), 59: "COMMA",
    60: "PERIOD", 61: "SLASH", 62: "SHIFT_RIGHT", 63: "NUMPAD_MULTIPLY", 64: "ALT_LEFT", 65: "SPACE", 66: "CAPS_LOCK",
    **{66 + i: f"F{i}" for i in range(1, 11)}, 79: "NUMPAD_7", 80: "NUMPAD_8", 81: "NUMPAD_9", 82: "NUMPAD_SUBTRACT",
    83: "NUMPAD_4", 84: "NUMPAD_5", 85: "NUMPAD_6", 86: "NUMPAD_ADD", 87: "NUMPAD_1", 88: "NUMPAD_2", 89: "NUMPAD_3",
    90: "NUMPAD_0", 91: "NUMPAD_DOT", 95: "F11", 96: "F12", 104: "NUMPAD_ENTER", 105: "CTRL_RIGHT",
    106: "NUMPAD_DIVIDE", 108: "ALT_RIGHT", 110: "MOVE_HOME", 111: "DPAD_UP", 112: "PAGE_UP", 113: "DPAD_LEFT",
    114: "DPAD_RIGHT",
    115: "MOVE_END", 116: "DPAD_DOWN", 117: "PAGE_DOWN", 118: "INSERT", 119: "FORWARD_DEL", 121: "VOLUME_MUTE",
    122: "VOLUME_DOWN", 123: "VOLUME_UP", 124: "POWER", 133: "META_LEFT", 134: "META_RIGHT", 135: "MENU",
    147: "MENU", 158: "BACK", 166: "BACK", 172: "MEDIA_PLAY_PAUSE", 180: "HOME", 225: "SEARCH",
}
"""X's key numbers -> Android's names without ``KEYCODE_``."""
# fmt: on
