"""Whatever is typed, the shell answers: no line raises, and the phone can be saved afterwards."""

import random

import pytest

from palaestra.envs.android.shell.run import commands
from palaestra.envs.android.ui import accessibility

WORDS = [
    "/sdcard",
    "/sdcard/a.txt",
    "/none",
    "/",
    "-n",
    "-c",
    "-x",
    "--",
    "-",
    "0",
    "1",
    "-1",
    "99999999999999999999",
    "nan",
    "1e400",
    "a:s:b",
    "_id=1",
    "get",
    "put",
    "list",
    "query",
    "system",
    "global",
    "wifi_on",
    "content://sms/inbox",
    "content://settings/system",
    "content://",
    "--uri",
    "--bind",
    "--where",
    "start",
    "-a",
    "-d",
    "com.example.notes/.Edit",
    "com.example.notes",
    "--es",
    "--ei",
    "k",
    "v",
    "stack",
    "size",
    "tap",
    "swipe",
    "text",
    "keyevent",
    "66",
    "4",
    "100",
    "+%s",
    "@5",
    "-s",
    "s/a/b/",
    "/x/d",
    "^a",
    "a*",
    "(a|b)+",
    "\\(",
    "-E",
    "-type",
    "f",
    "-name",
    "-exec",
    "rm",
    ";",
    "-delete",
    ".tables",
    "statusbar",
    "expand-settings",
    "-p",
    "monkey",
    "777",
    "=",
    "-lt",
    "(",
    ")",
    "!",
    "[",
    "]",
    "*",
    "?",
    "{",
    "}",
    "night",
    "yes",
    "dump",
    "/dev/null",
    "font_scale",
    "user_rotation",
    "secure",
    "display_density_forced",
    # of the clients' commands
    "battery",
    "level",
    "unplug",
    "reset",
    "720x1280",
    "density",
    "lock",
    "-mindepth",
    "(",
    "-o",
    "-prune",
    "wlan0",
    "addr",
    "show",
    "link",
    "-A",
    "OUTPUT",
    "set-app-locales",
    "--locales",
    "com.google.android.inputmethod.latin/.LatinIME",
    "disable",
    "role",
    "add-role-holder",
    "android.app.role.SMS",
    "{print $1; x[NR]=$2}",
    'BEGIN{printf "%5.2f%s", 1/3, "x"; for(i in x) delete x[i]}',
    'NR%2 && /a+/ {gsub(/a/,"&&"); $7=NF; print substr($0,-1,99999)}',
    "-F",
    "-v",
    "x=1",
    "if=/dev/zero",
    "of=/sdcard/z",
    "bs=3",
    "count=2",
    "-czf",
    "-xzf",
    "/sdcard/t.tgz",
    "-k",
    "-U",
    "/dev/input/event1",
    "53",
    "57",
    "4294967295",
    "--time-limit",
    "1",
    "/sdcard/f.mp4",
    "SurfaceFlinger",
    "--latency",
    "-KILL",
    "/proc/stat",
    "1697384041",
    "get-standby-bucket",
    "crash",
    "media",
    "content://media/external/downloads",
    "jobscheduler",
    "run",
]
WORDS += ["", " ", "'", '"', "a b", "é", "\U0001f600", "\udcff", "\0", "\n", "$", "%s", "%d", "select 1", "[!", "\\"]
JOINTS = ("; ", " && ", " || ", " | ", " & ", "\n", " > /sdcard/o; ", " 2>&1 | ", " < /sdcard/a.txt | ")
FRAMES = (
    "if %s; then echo a; fi",
    "while %s; do break; done",
    "for i in %s; do echo $i; done",
    "( %s )",
    "x=`%s`",
    "[[ %s ]]",
)


def a_word(chance: random.Random) -> str:
    word = chance.choice(WORDS)
    kind = chance.random()
    if kind < 0.6:
        return "'" + word.replace("'", "'\\''") + "'"
    if kind < 0.7:
        return f'"{word}"'
    if kind < 0.75:
        return "$((" + chance.choice(("1+2", "1/0", "x++", "(1", "2**3", "1<<40", "a b")) + "))"
    if kind < 0.8:
        return "${" + chance.choice("xyz?#@1") + chance.choice(("", ":-a", "#a", "%b", ":1:2", "/a/b", "^")) + "}"
    return word


def a_line(chance: random.Random) -> str:
    names = sorted(commands())
    line = ""
    for number in range(chance.randint(1, 3)):
        words = " ".join(a_word(chance) for _ in range(chance.randint(0, 5)))
        line += (chance.choice(JOINTS) if number else "") + f"{chance.choice(names)} {words}"
    if chance.random() < 0.1:
        line = chance.choice(FRAMES) % line
    if chance.random() < 0.1:
        at = chance.randrange(len(line))
        line = line[:at] + chance.choice("'\"\\$`(){}[]<>|&;\n") + line[at + chance.randint(0, 1) :]
    return line


@pytest.mark.parametrize("seed", range(4))
def test_no_line_raises(phone, seed):
    chance = random.Random(seed)
    phone.files.write("/sdcard/a.txt", b"alpha\nbeta\ngamma 1 2\n")
    for _ in range(150):
        result = phone.shell(a_line(chance))
        assert 0 <= result.status <= 255
        accessibility.elements(phone)
    phone.restore(phone.snapshot())


def test_patterns_that_begin_with_anything_are_not_tried_from_everywhere(phone):
    # from everywhere it would take minutes
    phone.files.write("/sdcard/long", b"ab" * 50_000 + b"\n")
    assert phone.shell("grep -c '.*no.*such' /sdcard/long").output == b"0\n"
    assert phone.shell("sed 's/.*b/X/g' /sdcard/long").output == b"X\n"
