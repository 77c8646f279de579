"""The shell's grammar and the commands on text and files, with the outputs of mksh and toybox."""

import pytest

LINES = [  # line, output, status
    ("echo a  b", "a b\n", 0),
    ("echo 'a  b' \"c  d\" e\\ \\ f", "a  b c  d e  f\n", 0),
    ("echo -n x; echo -e 'a\\tb'", "xa\tb\n", 0),
    ("false && echo no || echo yes", "yes\n", 0),
    ("true && false; echo $?", "1\n", 0),
    ("! true; echo $?", "1\n", 0),
    ("(exit 7)", "", 7),
    ("{ echo a; echo b; } | wc -l", "2\n", 0),
    ("X=5; Y=$((X * (2 + 1) % 4)); echo $Y ${X}1 \"$X\" '$X'", "3 51 5 $X\n", 0),
    ("X='a  b'; echo $X \"$X\"", "a b a  b\n", 0),
    ("echo ${NONE:-default} ${#HOME} ${NONE}", "default 1\n", 0),
    ("P=/sdcard/a.tar.gz; echo ${P##*/} ${P%.*} ${P%%.*}", "a.tar.gz /sdcard/a.tar /sdcard/a\n", 0),
    ("echo $(echo a; echo b) `echo c`", "a b c\n", 0),
    ("for i in 1 2 3; do if [ $i -eq 2 ]; then continue; fi; echo $i; done", "1\n3\n", 0),
    ("i=0; while [ $i -lt 3 ]; do i=$((i+1)); done; echo $i", "3\n", 0),
    ("until true; do echo never; done; echo end", "end\n", 0),
    ("if [ -d /sdcard ]\nthen echo Exists\nelse echo 'Does not exist'\nfi", "Exists\n", 0),
    ("if false; then echo a; elif true; then echo b; fi", "b\n", 0),
    ("echo a{b,c}d", "abd acd\n", 0),
    ("cd /sdcard; pwd; cd Download && pwd", "/sdcard\n/sdcard/Download\n", 0),
    ("(cd /sdcard); pwd", "/\n", 0),
    ("echo hidden >/dev/null; echo shown 2>&1", "shown\n", 0),
    ("nope 2>/dev/null; echo $?", "127\n", 0),
    ("export A=1; sh -c 'echo $A $0 $1' x y", "1 x y\n", 0),
    ("A=2 env | grep -c ^A=2", "0\n", 1),
    ("eval 'echo ev' al", "ev al\n", 0),
    ("exec echo done; echo never", "done\n", 0),
    ("su 0 whoami; su root -c 'echo root'; su shell whoami", "root\nroot\nshell\n", 0),
    ("set -- a b c; shift; echo $# $1 $@", "2 b b c\n", 0),
    ("set -e; echo a; false; echo b", "a\n", 1),
    ("set -e; false || echo a; if false; then echo; fi; while false; do :; done; ! true; echo b", "a\nb\n", 0),
    ("set -e; (false; echo a) || echo b; false && echo c; echo d", "a\nd\n", 0),
    ("set -e; x=$(false; echo a); echo $x; set +e; (false); echo b", "", 1),
    ("set -o errexit; true | false; echo a", "", 1),
    ("umask 000; umask; ulimit; ulimit -n", "0000\nunlimited\nunlimited\n", 0),
    ("trap 'echo bye' EXIT; echo $?", "/system/bin/sh: trap: echo bye EXIT: not supported\n1\n", 0),
    (
        "umask 077 || alias ll='ls -l' || ulimit -n 9 || set -x",
        (
            "/system/bin/sh: umask: 077: not supported\n/system/bin/sh: alias: ll=ls -l: not supported\n"
            "/system/bin/sh: ulimit: -n 9: not supported\n/system/bin/sh: set: -x: not supported\n"
        ),
        1,
    ),
    ("cat <<END\none $((1+1))\nEND", "one 2\n", 0),
    ("[[ abc == a* && 3 -gt 2 ]] && echo ok", "ok\n", 0),
    ("[ a = b ] || echo differ; [ -z '' ] && echo empty; test 3 -le 3; echo $?", "differ\nempty\n0\n", 0),
    ('echo x | while read L; do echo "got $L"; done', "got x\n", 0),
    ("echo 'a b c' | xargs -n 1 echo -", "- a\n- b\n- c\n", 0),
    ('echo "a # b" # comment', "a # b\n", 0),
    # errors
    ("nope", "/system/bin/sh: nope: inaccessible or not found\n", 127),
    ("echo 'a", "/system/bin/sh: no closing quote\n", 1),
    ("echo (", "/system/bin/sh: syntax error: unexpected '('\n", 1),
    ("if true", "/system/bin/sh: syntax error: unexpected EOF\n", 1),
    ("| cat", "/system/bin/sh: syntax error: unexpected '|'\n", 1),
    ("echo a && && echo b", "/system/bin/sh: syntax error: unexpected '&&'\n", 1),
    ("cat < /none", "/system/bin/sh: can't open /none: No such file or directory\n", 1),
    ("echo a > /none/b", "/system/bin/sh: can't create /none/b: No such file or directory\n", 1),
    ("echo a > /system/b", "/system/bin/sh: can't create /system/b: Read-only file system\n", 1),
    ("echo a > /sdcard", "/system/bin/sh: can't create /sdcard: Is a directory\n", 1),
    ("cd /none", "/system/bin/sh: cd: /none: No such file or directory\n", 2),
    ("[ 1 -eq", "/system/bin/sh: [: missing ]\n", 2),
    ("", "", 0),
]


@pytest.mark.parametrize(("line", "output", "status"), LINES)
def test_grammar(phone, line, output, status):
    result = phone.shell(line)
    assert (result.output.decode(), result.status) == (output, status)


TEXT = "printf 'pear 3\\napple 10\\nfig 2\\napple 10\\n'"
FILTERS = [
    (f"{TEXT} | head -n 1", "pear 3\n"),
    (f"{TEXT} | tail -2", "fig 2\napple 10\n"),
    (f"{TEXT} | sort", "apple 10\napple 10\nfig 2\npear 3\n"),
    (f"{TEXT} | sort -u -k2 -n", "fig 2\npear 3\napple 10\n"),
    (f"{TEXT} | sort -r | uniq -c", "      1 pear 3\n      1 fig 2\n      2 apple 10\n"),
    (f"{TEXT} | wc -l -w", "      4       8\n"),
    (f"{TEXT} | wc", "      4       8      31\n"),
    (f"{TEXT} | grep -n apple", "2:apple 10\n4:apple 10\n"),
    (f"{TEXT} | grep -v -i APPLE", "pear 3\nfig 2\n"),
    (f"{TEXT} | grep -E '^(fig|pear) [0-9]$' -c", "2\n"),
    (f"{TEXT} | grep -o '[0-9][0-9]*' | head -1", "3\n"),
    (f"{TEXT} | cut -d ' ' -f 2 | tr '\\n' ,", "3,10,2,10,"),
    (f"{TEXT} | sed 's/p\\(.\\)/<\\1>/g; 3d' | head -2", "<e>ar 3\na<p>le 10\n"),
    (f"{TEXT} | sed -n '/fig/,$p'", "fig 2\napple 10\n"),
    (f"{TEXT} | sed -E 's/^([a-z]+) ([0-9]+)$/\\2 \\1/' | head -1", "3 pear\n"),
    ("seq 3 | tee /sdcard/n | tr 1-3 a-c; cat /sdcard/n", "a\nb\nc\n1\n2\n3\n"),
    ("printf '%s=%d;' a 1 b 2", "a=1;b=2;"),
    ("echo hello | md5sum", "b1946ac92492d2347c6235b4d2611184  -\n"),
    ("printf abc | sha1sum", "a9993e364706816aba3e25717850c26c9cd0d89d  -\n"),
    ("printf 'hi\\n' | base64; echo aGkK | base64 -d", "aGkK\nhi\n"),
    ("printf 'AB' | xxd", "00000000: 4142                                     AB\n"),
    ("basename /a/b.txt .txt; dirname /a/b.txt", "b\n/a\n"),
]


@pytest.mark.parametrize(("line", "output"), FILTERS)
def test_filters(run, line, output):
    assert run(line) == output


@pytest.mark.parametrize(
    ("line", "output", "status"),
    [
        ("ls /none", "ls: /none: No such file or directory\n", 1),
        ("cat /none", "cat: /none: No such file or directory\n", 1),
        ("cat /sdcard", "cat: /sdcard: Is a directory\n", 1),
        ("rm /none", "rm: /none: No such file or directory\n", 1),
        ("rm -f /none", "", 0),
        ("rm /sdcard/Download", "rm: /sdcard/Download: Is a directory\n", 1),
        ("mkdir /sdcard/Download", "mkdir: '/sdcard/Download': File exists\n", 1),
        ("mkdir -p /sdcard/Download", "", 0),
        ("mkdir /sdcard/a/b", "mkdir: '/sdcard/a/b': No such file or directory\n", 1),
        ("rmdir /sdcard/Android", "rmdir: /sdcard/Android: Directory not empty\n", 1),
        ("cp /none /sdcard/x", "cp: bad '/none': No such file or directory\n", 1),
        ("cp /sdcard/Download /sdcard/x", "cp: Skipped dir '/sdcard/Download'\n", 1),
        ("mv /none /sdcard/x", "mv: bad '/none': No such file or directory\n", 1),
        ("stat /none", "stat: '/none': No such file or directory\n", 1),
        ("touch /none/x", "touch: '/none/x': No such file or directory\n", 1),
        ("find /none", "find: '/none': No such file or directory\n", 1),
        ("chmod 777 /none", "chmod: '/none': No such file or directory\n", 1),
        ("grep x /none", "grep: /none: No such file or directory\n", 1),
        ("grep '\\(' /sdcard", "grep: bad REGEX '\\(': parentheses not balanced\n", 2),
        ("rm", "rm: Needs 1 argument\n", 1),
        ("ls -Q /sdcard", "ls: Unknown option 'Q' (see \"ls --help\")\n", 1),
        ("md5sum /none", "md5sum: /none: No such file or directory\n", 1),
    ],
)
def test_errors_of_file_commands(phone, line, output, status):
    result = phone.shell(line)
    assert (result.output.decode(), result.status) == (output, status)


def test_files_are_written_listed_moved_and_removed(phone, run):
    assert run(
        "mkdir -p /sdcard/w/sub; echo one > '/sdcard/w/a b.txt'; echo two >> '/sdcard/w/a b.txt'; ls /sdcard/w"
    ) == ("a b.txt\nsub\n")
    assert run("cat '/sdcard/w/a b.txt'") == "one\ntwo\n"
    assert run("ls -1 /sdcard/w/*.txt; ls -p /sdcard/w") == "/sdcard/w/a b.txt\na b.txt\nsub/\n"
    assert run("cp -r /sdcard/w /sdcard/v; mv '/sdcard/v/a b.txt' /sdcard/v/sub/c; find /sdcard/v -type f") == (
        "/sdcard/v/sub/c\n"
    )
    assert run("cp -a /sdcard/v/. /sdcard/w/; ls /sdcard/w/sub; rm -r /sdcard/w/*; ls /sdcard/w | wc -l") == "c\n0\n"
    assert run("find /sdcard/v -type f -o -type d") == "/sdcard/v\n/sdcard/v/sub\n/sdcard/v/sub/c\n"
    assert phone.files.read("/storage/emulated/0/v/sub/c") == b"one\ntwo\n"


def test_long_listing_has_the_columns_that_scripts_split(phone, run):
    run("echo hello > '/sdcard/Download/my note.md'")
    assert run("ls /sdcard/Download -ll -au").splitlines()[-1] == (
        "-rw-rw---- 1 u0_a171 media_rw    6 2023-10-15 15:34:00.000000000 +0000 my note.md"
    )
    assert run("ls -l '/sdcard/Download/my note.md'").split(None, 7)[5:] == [
        "2023-10-15",
        "15:34",
        "/sdcard/Download/my note.md\n",
    ]
    phone.advance(61_000)
    run("echo x > /sdcard/Download/b")
    assert run("ls -t /sdcard/Download") == "b\nmy note.md\n"
    assert run("stat -c '%n %s %Y %F' /sdcard/Download/b") == "/sdcard/Download/b 2 1697384101 regular file\n"


def test_date_reads_sets_and_formats_the_clock(phone, run):
    assert run("date") == "Sun Oct 15 15:34:00 UTC 2023\n"
    assert run("date +%s") == "1697384040\n"
    assert run("date '+%Y-%m-%d %H:%M:%S'") == "2023-10-15 15:34:00\n"
    assert run("date 101609302324.05") == "date: bad date '101609302324.05'\n"
    assert run("date 1016093023.05") == "Mon Oct 16 09:30:05 UTC 2023\n"
    assert phone.now_us == 1_697_448_605_000_000
    assert run("service call alarm 3 s16 Europe/Berlin > /dev/null; date") == "Mon Oct 16 11:30:05 CEST 2023\n"
    assert run("date nonsense") == "date: bad date 'nonsense'\n"


def test_work_and_output_are_bounded(phone):
    assert phone.shell("while true; do :; done").status == 137
    assert phone.shell("f=x; while true; do f=$f$f; done").status == 137
    assert phone.shell("(" * 300 + ")" * 300).status == 1
    assert phone.shell("echo $(( (" + "(" * 500 + " ))").status == 1
    nested = "echo x"
    for _ in range(12):
        nested = "sh -c '" + nested.replace("'", "'\\''") + "'" if len(nested) < 100_000 else nested
    assert phone.shell(nested).status in (0, 1, 137)


@pytest.mark.parametrize(
    "line", ["\0", "\udcff", "echo \ud800 > /sdcard/\udc80", b"echo \xff\xfe", "settings put system k '\ud83d'"]
)
def test_stray_characters_do_no_harm(phone, line):
    phone.shell(line)
    phone.restore(phone.snapshot())


def test_every_line_is_a_shell_of_its_own(run):
    run("cd /sdcard; X=1")
    assert run("pwd; echo [$X]") == "/\n[]\n"


def test_scripts_in_files_run_when_they_may(run):
    run("echo 'echo \"$1 and $2\"' > /data/local/tmp/s.sh")
    assert run("sh /data/local/tmp/s.sh a b") == "a and b\n"
    assert run("/data/local/tmp/s.sh a b") == "/system/bin/sh: /data/local/tmp/s.sh: can't execute: Permission denied\n"
    assert run("chmod 755 /data/local/tmp/s.sh; /data/local/tmp/s.sh a b") == "a and b\n"
