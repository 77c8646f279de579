"""The programs of toybox and awk, with their outputs; the file in use is ``/sdcard/a`` with four lines."""

import re

from palaestra.envs.android.shell.awk import program

LINES = [  # line, output, status
    # awk
    ("awk '{print $2}' /sdcard/a", "1\n2\n3\n\n", 0),
    ('awk -F: -v x=5 \'BEGIN{printf "%d|%-4s|%05.1f\\n", x+1, "q", 3.14159}\'', "6|q   |003.1\n", 0),
    ("awk 'NR==2,NR==3{s+=$2} END{print s, NR}' /sdcard/a", "5 4\n", 0),
    ("echo a:b:c | awk -F: '{print $NF, NF; $2=\"z\"; print}' OFS=-", "c-3\na-z-c\n", 0),
    ("awk '/b|c/ && $2 >= 2 {n[$1]++} END {for (k in n) print k, n[k]}' /sdcard/a", "b 1\nc 1\n", 0),
    ("awk 'BEGIN{for(i=0;i<4;i++){if(i==1)continue; if(i>2)break; print i}; while(j<2)j++; print j}'", "0\n2\n2\n", 0),
    (
        'awk \'BEGIN{print length("abc"), substr("hello",2,3), index("abc","c"), toupper("x") tolower("Y"), '
        'split("a b c",q), q[3]}\'',
        "3 ell 3 Xy 3 c\n",
        0,
    ),
    (
        'awk \'BEGIN{print 1/3, 2^10, 7%3, -2^2, 1e3, 1==1.0, "a"<"b", !x, 10 9, 1-1}\'',
        "0.333333 1024 1 -4 1000 1 1 1 109 0\n",
        0,
    ),
    ("echo '10 9' | awk '{print ($1>$2), ($1\"\" > $2\"\")}'", "1 0\n", 0),
    (
        'awk \'BEGIN{s="foo bar"; n=gsub(/o/,"[&]",s); print n, s, match("xxabc",/a.c/), RSTART, RLENGTH}\'',
        "2 f[o][o] bar 3 3 3\n",
        0,
    ),
    ("awk '!seen[$1]++ {c++} END {print c; exit 3}' /sdcard/a", "4\n", 3),
    ('awk \'{ if ($2 > 2) print "big"; else if ($2) print "small"; else next }\' /sdcard/a', "small\nsmall\nbig\n", 0),
    ('awk \'BEGIN{x[1,2]=3; if ((1,2) in x) print "yes"; delete x; print length(x), (1<2)?"a":"b"}\'', "yes\n0 a\n", 0),
    (
        "awk 'BEGIN { print > \"/sdcard/x\" }'",
        "awk: output to files and pipes is not supported; redirect in the shell\n",
        2,
    ),
    ("awk 'function f(x) { return x }'", "awk: function is not supported\n", 2),
    ("awk 'BEGIN { getline }'", "awk: getline is not supported\n", 2),
    ("awk 'BEGIN { while (1) i++ }'", "awk: the program takes too long\n", 2),
    ("awk 'BEGIN { print 1 / 0 }'", "awk: division by zero\n", 2),
    ("awk '{ print $1'", "awk: syntax error at 'end of program'\n", 2),
    # files
    ("find /sdcard/d -mindepth 1 -type f", "/sdcard/d/e/f\n", 0),
    ("find /sdcard/d -mindepth 1 -maxdepth 1", "/sdcard/d/e\n", 0),
    ("find /sdcard/d \\( -name f -o -name d \\) -a ! -type d", "/sdcard/d/e/f\n", 0),
    ("find /sdcard/d -name e -prune -o -print", "/sdcard/d\n", 0),
    ("find /sdcard/d -type f -exec echo {} +", "/sdcard/d/e/f\n", 0),
    ("find /sdcard/d -mindepth", "find: '-mindepth' needs 1 argument\n", 1),
    ("find /sdcard/d -mindepth 1 -type f -delete; find /sdcard/d", "/sdcard/d\n/sdcard/d/e\n", 0),
    (
        "ln -s /sdcard/a /sdcard/l",
        "ln: cannot create symbolic link from '/sdcard/a' to '/sdcard/l': Operation not permitted\n",
        1,
    ),
    (
        "chown 0:1000 /sdcard/a; stat -c '%U:%G %u' /sdcard/a; cp -a /sdcard/a /sdcard/b; stat -c %G /sdcard/b",
        "root:system 0\nsystem\n",
        0,
    ),
    (
        "chcon u:object_r:x:s0 /sdcard/a; ls -Z /sdcard/a; restorecon /sdcard/a; ls -Z /sdcard/a",
        "u:object_r:x:s0 /sdcard/a\nu:object_r:fuse:s0 /sdcard/a\n",
        0,
    ),
    ("chcon u:object_r:x:s0 /none", "chcon: '/none': No such file or directory\n", 1),
    (
        "chmod -R 700 /sdcard/d; stat -c %a /sdcard/d /sdcard/d/e /sdcard/d/e/f; mkdir -m 705 /sdcard/m; stat -c "
        "%a /sdcard/m",
        "700\n700\n700\n705\n",
        0,
    ),
    (
        "cd /sdcard; tar -czf t.tgz a d; mkdir o; tar -xzf t.tgz -C o; tar tf t.tgz; cmp a o/a && cat o/d/e/f",
        "a\nd/\nd/e/\nd/e/f\nf\n",
        0,
    ),
    ("cd /sdcard; tar czC /sdcard a | tar tz; tar -tf a", "a\ntar: Not tar\n", 1),
    (
        "cd /sdcard; gzip a; ls a*; zcat a.gz | head -1; gunzip a.gz; ls a*; gunzip -c a",
        "a.gz\na 1\na\ngunzip: a: not in gzip format\n",
        1,
    ),
    (
        "dd if=/sdcard/a bs=2 skip=2 count=2 status=none; dd if=/dev/zero bs=3 count=2 of=/sdcard/z; od -c /sdcard/z",
        "b 2\n2+0 records in\n2+0 records out\n6 bytes copied, 0.000000 s\n0000000  \\0  \\0  \\0  \\0  \\0  "
        "\\0\n0000006\n",
        0,
    ),
    ("dd if=/dev/zero of=/sdcard/z", "dd: /dev/zero: has no end; at most count=131072 of bs=512 are copied\n", 1),
    (
        "od -t x1 -A d -N 4 /sdcard/a; od -x -N 4 /sdcard/a",
        "0000000 61 20 31 0a\n0000004\n0000000 2061 0a31\n0000004\n",
        0,
    ),
    ("cd /sdcard; split -l 2 a p.; ls p.*; cat p.ab", "p.aa\np.ab\nc 3\nd\n", 0),
    # comparisons, expressions, names
    (
        "sed s/b/B/ /sdcard/a > /sdcard/b; diff /sdcard/a /sdcard/b",
        "--- /sdcard/a\n+++ /sdcard/b\n@@ -1,4 +1,4 @@\n a 1\n-b 2\n+B 2\n c 3\n d\n",
        1,
    ),
    (
        "diff -q /sdcard/a /sdcard/d/e/f; diff -s /sdcard/a /sdcard/a",
        "Files /sdcard/a and /sdcard/d/e/f differ\nFiles /sdcard/a and /sdcard/a are identical\n",
        0,
    ),
    (
        "echo 'a 1' > /sdcard/b; cmp /sdcard/a /sdcard/b; echo axx > /sdcard/b; cmp /sdcard/a /sdcard/b",
        "cmp: EOF on /sdcard/b\n/sdcard/a /sdcard/b differ: char 2, line 1\n",
        1,
    ),
    ("expr 1 + 2 '*' 3; expr abc : 'a\\(.\\)'; expr 3 '>' 2; expr -7 / 2; expr 0", "7\nb\n1\n-3\n0\n", 1),
    ("expr 5 / 0", "expr: division by zero\n", 2),
    ("export A=1; printenv A; printenv NONE", "1\n", 1),
    ("F=$(mktemp); ls $F | wc -l; D=$(mktemp -d -p /sdcard); [ -d $D ] && echo folder", "1\nfolder\n", 0),
    ("grep -n -C1 c /sdcard/a; grep -A1 a /sdcard/a", "2-b 2\n3:c 3\n4-d\na 1\nb 2\n", 0),
    (
        "date -u -d @5 +%s; date @1700000000 +%F; date +%s; date -D %d.%m.%Y -d 03.02.2023 +%F",
        "5\n2023-11-14\n1700000000\n2023-02-03\n",
        0,
    ),
    ("printf 'a\\tb\\001\\n' | cat -et", "a^Ib^A$\n", 0),
    (
        "mkdir -v /sdcard/v; rm -rv /sdcard/v; du -c /sdcard/d | tail -1",
        "mkdir: created directory '/sdcard/v'\nrm '/sdcard/v'\n4\ttotal\n",
        0,
    ),
    (
        "logcat --foo; logcat -G 1M; logcat -v nope",
        "logcat: unrecognized option '--foo'\nlogcat: failed to set the 'main' log size: it is fixed\nlogcat: "
        "Invalid parameter nope to -v\n",
        1,
    ),
    ("logcat -c; log -t T hi; logcat -vraw -d --pid=1 -f /sdcard/log; cat /sdcard/log", "hi\n", 0),
    # processes
    ("kill 999999; killall nope; pkill nope", "kill: 999999: No such process\nkillall: nope: No such process\n", 1),
    ("am start -n com.example.notes/.Main >/dev/null; kill $(pidof com.example.notes); pidof com.example.notes", "", 1),
    ("mount -o rw,remount /system", "mount: '/system': Operation not permitted\n", 1),
    (
        "ps -o PID,NAME | head -1; top -n 1 | head -1",
        "PID    NAME\nTasks: 3 total,   0 running, 3 sleeping,   0 stopped,   0 zombie\n",
        0,
    ),
]


def test_programs(phone, monkeypatch):
    monkeypatch.setattr(program, "STEP_LIMIT", 2_000)
    phone.files.write("/sdcard/a", b"a 1\nb 2\nc 3\nd\n")
    phone.files.mkdir("/sdcard/d/e", parents=True)
    phone.files.write("/sdcard/d/e/f", b"f\n")
    start, wrong = phone.snapshot(), []
    for line, output, status in LINES:
        phone.restore(start)
        result = phone.shell(line)
        if (result.output.decode(), result.status) != (output, status):
            wrong.append((line, result.output.decode(), result.status))
    assert wrong == []


def test_free_and_uptime_count_in_virtual_time(run, phone):
    assert re.search(r"^Mem: +\d+ +\d+ +\d+", run("free"), re.MULTILINE)
    phone.advance(3_720_000)
    assert " up 1:02, " in run("uptime")
    assert run("cat /proc/uptime") == "3720.00 14880.00\n"
