"""``palaestra serve device``: the page's protocol, without a browser."""

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

import pytest

from palaestra.agents.rollouts.episodes import replay
from palaestra.cli.touch.events import Hand
from palaestra.cli.touch.server import Server
from palaestra.cli.touch.session import Session
from palaestra.data.errors import InputError
from palaestra.data.trajectory import read
from palaestra.envs.android.codecs import touch
from palaestra.envs.android.codecs.action import Action
from palaestra.envs.android.codecs.registry import Codec
from palaestra.envs.android.worlds.tasks import AndroidTasks

WORLD = "palaestra/AndroidTasks-v0"


class Visitor:
    """What the page does, by HTTP; ``canvas`` is the picture's size."""

    def __init__(self, server, take=False):
        self.server, self.visit, self.latest = server, "", {}
        self.staying, reply = self.asked("POST", "/visit", {"take": take})
        self.status = reply.status
        self.reply = reply
        first = json.loads(reply.readline())
        self.take(first)
        self.visit = first.get("visit", "")

    def asked(self, method, path, body=None, **headers):
        link = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=20)
        own = {"Authorization": f"Bearer {self.server.token}", "Origin": f"http://127.0.0.1:{self.server.port}"}
        body = None if body is None else json.dumps({"visit": self.visit} | body)
        link.request(method, path, body, {name: value for name, value in (own | headers).items() if value is not None})
        return link, link.getresponse()

    def take(self, state):
        self.latest = self.latest | state
        return state

    def post(self, path, **body):
        _, reply = self.asked("POST", path, body)
        return reply.status, self.take(json.loads(reply.read()))

    def begin(self, name, seed):
        status, state = self.post("/begin", task=name, seed=seed)
        assert status == 200, state

    def send(self, *events):
        status, state = self.post("/do", events=list(events))
        assert status == 200, state
        return state

    def canvas(self, point):
        """The place on the picture of a logical pixel's centre."""
        size = self.server.with_phone(lambda session: session.world.device.size)
        scale = self.latest["width"] / size[0]
        return {"x": (point[0] + 0.5) * scale, "y": (point[1] + 0.5) * scale}

    def drag(self, start, end=None, ms=60):
        end = end or start
        moved = {"type": "move", **self.canvas(end), "t": 100.0 + ms / 2}
        return self.send(
            {"type": "down", **self.canvas(start), "t": 100.0},
            moved,
            {"type": "up", **self.canvas(end), "t": 100.0 + ms},
        )

    def gone(self):
        """Close the browser."""
        self.reply.close()
        self.staying.close()


def served(folder=None, log=None, task="SystemBluetoothTurnOff", **arguments):
    lines = [] if log is None else log
    session = Session(WORLD, arguments, folder=folder, pictures=False, height=600, log=lines.append)
    session.begin(task, 3)
    server = Server(session, 0, lines.append)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return server


@pytest.fixture
def log():
    return []


@pytest.fixture
def server(tmp_path, log):
    server = served(tmp_path / "demos", log)
    yield server
    server.shutdown()
    server.finish()


def until(condition):
    """Wait for what another thread does."""
    for _ in range(500):
        if condition():
            return True
        time.sleep(0.01)
    return False


def test_only_the_page_itself_is_let_in(server, log):
    me = Visitor(server)
    _, page = me.asked("GET", f"/?token={server.token}", Authorization=None, Origin=None)
    text = page.read().decode()
    assert (page.status, "<canvas" in text) == (200, True)
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    shell = {"line": "svc bluetooth disable"}
    refused = [
        ({"Authorization": None}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Host": f"evil.example:{server.port}"}, 421),
        ({"Host": "127.0.0.1"}, 421),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": f"https://127.0.0.1:{server.port}"}, 403),
        ({"Origin": "null"}, 403),
        ({"Content-Length": str(1 << 20)}, 413),
    ]
    for headers, status in refused:
        _, reply = me.asked("POST", "/shell", shell, **headers)
        assert reply.status == status, headers
        assert "Access-Control-Allow-Origin" not in reply.headers
    for path in ("/", "/?token=", f"/?token={server.token[:-1]}", f"/?token={server.token}&token=x"):
        assert me.asked("GET", path, Authorization=None)[1].status == 401
    assert me.asked("GET", f"/etc?token={server.token}")[1].status == 404
    assert me.asked("GET", f"/?token={server.token}", Host="evil.example")[1].status == 421
    assert me.asked("OPTIONS", "/shell")[1].status == 501
    assert me.post("/files")[0] == 404
    for body in (b"[]", b"{", b"\xff"):
        link = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        link.request("POST", "/do", body, {"Authorization": f"Bearer {server.token}"})
        assert link.getresponse().status == 400
    assert not any(holds for _, holds in me.latest["clauses"])  # no shell ran


def test_a_second_visitor_is_told_and_may_take_over(server, log):
    first = Visitor(server)
    second = Visitor(server)
    assert (second.status, second.latest["error"]) == (409, "The phone is in use in another window.")
    assert log == ["a second visitor was told that the page is in use"]
    assert second.post("/do", events=[])[0] == 409
    third = Visitor(server, take=True)
    assert json.loads(first.reply.readline()) == {"taken": True}
    assert (third.status, first.post("/do", events=[])[0], third.post("/do", events=[])[0]) == (200, 409, 200)
    third.gone()
    assert Visitor(server).status == 200  # as a reloaded page does


def test_a_gesture_that_is_cut_off_does_nothing(server, log):
    me = Visitor(server)
    me.send({"type": "down", "x": 100, "y": 500, "t": 0}, {"type": "move", "x": 100, "y": 100, "t": 90})
    before = server.with_phone(lambda session: session.world.fingerprint())
    me.gone()
    line = "the browser is gone in the middle of a gesture: the finger was lifted, nothing else was done"
    assert until(lambda: log == [line])
    again = Visitor(server)
    assert again.send({"type": "up", "x": 100, "y": 100, "t": 200}) == {}
    assert server.with_phone(lambda session: session.world.fingerprint()) == before


def test_a_demonstration_is_recorded_and_replays(server, log, tmp_path):
    me = Visitor(server)
    assert me.latest["task"]["instruction"] == "Switch Bluetooth off."
    assert me.latest["clauses"] == [["bluetooth is off", False]]
    me.drag((540, 1500), (540, 600), ms=200)  # opens the drawer
    me.send({"type": "key", "key": "HOME"})
    assert me.post("/shell", line="getprop ro.build.version.sdk")[1]["shell"] == {"output": "33\n", "status": 0}
    assert me.drag((540, 60), (540, 1200), ms=300)["done"][-1]["text"] == "swipe down"
    tile = next(e for e in server.with_phone(lambda s: s.world.elements()) if "Bluetooth, On" in e["desc"])
    left, top, right, bottom = tile["bounds"]
    state = me.drag(((left + right) // 2, (top + bottom) // 2))
    assert state["done"][-1]["text"] == 'tap "Bluetooth, On"'
    assert state["clauses"] == [["bluetooth is off", True]]
    me.send({"type": "wait"})
    assert (log, me.latest["record"]) == ([], f"Recording into {tmp_path / 'demos'}.")
    state = me.send({"type": "status", "status": "complete"})
    assert (state["running"], state["success"], state["record"]) == (
        False,
        1.0,
        "Recorded as SystemBluetoothTurnOff-3-1.arrows.",
    )
    assert "has ended" in me.post("/do", events=[{"type": "wait"}])[1]["error"]
    file = tmp_path / "demos" / "SystemBluetoothTurnOff-3-1.arrows"
    (demonstration,) = read(file)
    assert (demonstration.about["world"], demonstration.about["policy"], demonstration.length) == (WORLD, "person", 6)
    assert [step.parsed["kind"] for step in demonstration.steps[1:]] == [
        "swipe",
        "key",
        "swipe",
        "tap",
        "wait",
        "status",
    ]
    assert [each.differs for each in replay(file, frames=False)] == [None]
    assert log == [f"{file}: 6 actions, done"]


def test_what_a_replay_cannot_repeat_ends_a_demonstration(server, log, tmp_path):
    me = Visitor(server)
    me.send({"type": "key", "key": "APP_SWITCH"})
    state = me.post("/shell", line="svc bluetooth disable")[1]
    assert state["clauses"] == [["bluetooth is off", True]]  # judged at once
    assert state["record"].startswith("Recorded as SystemBluetoothTurnOff-3-1.arrows")
    me.post("/shell", line="am start -a android.settings.SETTINGS; settings put system user_rotation 1")
    assert (me.latest["width"], me.latest["height"]) == (600, 270)  # the picture turns with the screen
    row = next(e for e in server.with_phone(lambda s: s.world.elements()) if e["text"] == "Network & internet")
    left, top, right, bottom = row["bounds"]
    state = me.drag(((left + right) // 2, (top + bottom) // 2))
    assert state["done"][-1]["text"] == 'tap "Network & internet"'
    assert any(e["text"] == "Internet" for e in server.with_phone(lambda s: s.world.elements()))
    assert me.post("/begin", task="NoSuchTask", seed=1)[0] == 400
    assert me.latest["task"]["name"] == "SystemBluetoothTurnOff"
    assert me.post("/begin", task="ClockStopWatchRunning", seed=7)[1]["task"]["seed"] == 7
    me.send({"type": "text", "text": "nothing has the focus"})
    assert me.latest["done"][-1]["error"] == "no text field has the focus"
    assert me.post("/begin", task="ClockStopWatchRunning", seed=7)[0] == 200  # again: the one before it is kept
    me.send({"type": "wait"})
    server.with_phone(Session.finish)  # as Ctrl-C does
    names = [
        "ClockStopWatchRunning-7-1.arrows",
        "ClockStopWatchRunning-7-2.arrows",
        "SystemBluetoothTurnOff-3-1.arrows",
    ]
    assert sorted(path.name for path in (tmp_path / "demos").iterdir()) == names
    kept = [next(read(tmp_path / "demos" / name)) for name in names]
    assert [each.about["stop"] for each in kept] == ["left", "left", "shell"]
    assert [each.length for each in kept] == [1, 1, 1]
    for name in names:
        assert [each.differs for each in replay(tmp_path / "demos" / name, frames=False)] == [None]


def test_what_cannot_be_written_is_kept_for_the_end(server, log, tmp_path):
    me, folder = Visitor(server), tmp_path / "demos"
    me.send({"type": "wait"})
    folder.rmdir()
    folder.write_text("a file in the way")
    me.begin("SystemBluetoothTurnOff", 4)
    assert me.latest["record"] == "1 not written yet: see the terminal."
    assert str(folder) in log[0]
    with pytest.raises(InputError, match="--record"):
        Session(WORLD, {}, folder=folder, pictures=False, height=600, log=log.append)
    folder.unlink()
    me.send({"type": "wait"})
    server.with_phone(Session.finish)
    names = ["SystemBluetoothTurnOff-3-1.arrows", "SystemBluetoothTurnOff-4-1.arrows"]
    assert sorted(path.name for path in folder.iterdir()) == names


@pytest.mark.parametrize(
    "event",
    [
        7,
        {},
        {"type": "fly"},
        {"type": "down"},
        {"type": "down", "x": "1", "y": 2, "t": 3},
        {"type": "down", "x": True, "y": 2, "t": 3},
        {"type": "down", "x": 10**400, "y": 2, "t": 3},
        {"type": "down", "x": 1, "y": float("nan"), "t": 3},
        {"type": "text", "text": ""},
        {"type": "text", "text": "x" * 10_001},
        {"type": "key", "key": "SOFT_SLEEP"},
        {"type": "key", "key": ["BACK"]},
        {"type": "status", "status": "done"},
    ],
)
def test_nonsense_is_one_line(shared, event):
    status, state = shared.post("/do", events=[event])
    assert status == 400
    assert len(state["error"].splitlines()) == 1


@pytest.fixture(scope="module")
def shared():
    server = served()
    yield Visitor(server)
    server.shutdown()
    server.finish()


def test_pointers_are_fingers():
    picture, screen = (270, 600), (1080, 2400)

    def gesture(end, ms, twice=False):
        hand = Hand()
        assert hand.take({"type": "down", "x": 135, "y": 300, "t": 5, "twice": twice}, picture, screen) is None
        return hand.take({"type": "up", "x": end[0], "y": end[1], "t": 5 + ms}, picture, screen)

    # A place on a picture a quarter of the screen's size; 2 % of 1080 is 21.6 px, 5.4 of the picture's.
    assert gesture((135, 300), 100) == Action("tap", (540.0, 1200.0))
    assert gesture((139, 300), 100) == Action("tap", (540.0, 1200.0))
    assert gesture((135, 300), 100, twice=True) == Action("double_tap", (540.0, 1200.0))
    assert gesture((136, 301), 500) == Action("long_press", (540.0, 1200.0))
    assert gesture((141, 300), 500) == Action("swipe", (540.0, 1200.0), (564.0, 1200.0), ms=500)
    assert gesture((135, 900), 9) == Action("swipe", (540.0, 1200.0), (540.0, 2399.0), ms=50)  # left the screen
    hand = Hand()
    hand.take({"type": "down", "x": 10, "y": 10, "t": 0}, picture, screen)
    hand.take({"type": "move", "x": 60, "y": 10, "t": 40}, picture, screen)
    back = hand.take({"type": "up", "x": 10, "y": 10, "t": 900}, picture, screen)
    assert back == Action("swipe", (40.0, 40.0), (40.0, 40.0), ms=900)  # there and back is no tap


def test_another_codec_says_what_it_cannot(log):
    server = served(log=log, codec="json")
    try:
        me = Visitor(server)
        status, state = me.post("/do", events=[{"type": "key", "key": "APP_SWITCH"}])
        assert (status, state["error"]) == (400, "the codec json has no words for this: press app switch")
        assert me.drag((500, 1000))["done"][-1]["words"] == '{"action_type": "click", "x": 500, "y": 1000}'
    finally:
        server.shutdown()
        server.finish()
    with pytest.raises(InputError, match="has no phone to touch"):
        Session("palaestra/ToolArithmetic-v0", {}, folder=None, pictures=False, height=600, log=log.append)


def test_a_taken_port_is_one_line(shared):
    with pytest.raises(InputError, match=f"port {shared.server.port} on 127.0.0.1: .*; --port chooses another"):
        Server(None, shared.server.port)


@pytest.mark.slow
def test_the_command_ends_cleanly(tmp_path):
    # Ctrl-C may be ignored where the tests run in the background
    heeds = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
    code = heeds + "from palaestra.cli.main import main; main(sys.argv[1:])"
    command = [sys.executable, "-c", code, "serve", "device", "--port", "0", "--record", str(tmp_path / "demos")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        port, _, token = process.stdout.readline().removeprefix("http://127.0.0.1:").strip().partition("/?token=")

        class Started:
            pass

        Started.port, Started.token = int(port), token
        taken = subprocess.run([*command[:5], "--port", port], capture_output=True, text=True)
        assert (taken.returncode, taken.stderr.count("\n")) == (2, 1)
        assert f"port {port} on 127.0.0.1" in taken.stderr
        me = Visitor(Started)
        assert me.post("/do", events=[{"type": "key", "key": "HOME"}])[0] == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert me.reply.readline() == b""
        assert "Traceback" not in process.stderr.read()
    (file,) = (tmp_path / "demos").iterdir()
    assert [each.differs for each in replay(file, frames=False)] == [None]


# --- twenty tasks by the page's own events

PAGE_EVENTS = ("tap", "long_press", "swipe", "key", "answer", "status", "wait")


def as_events(action, elements, size):
    """An oracle's action, for the page; opening an app by name is not on it."""
    if action.kind not in PAGE_EVENTS and (action.kind != "type" or action.point is not None or action.enter):
        raise ValueError(action.kind)
    return touch.encode(action, elements, size)


def play(me):
    """Solve the task by the page's events as its oracle would; returns the last state."""
    codec = Codec("page", touch.decode, as_events, "")
    world = me.server.with_phone(lambda session: session.world)
    oracle = AndroidTasks.oracle(world.task, codec)
    next(oracle)
    while me.latest["running"]:
        words = oracle.send(me.server.with_phone(lambda session: session.observation))
        action = touch.decode(words, [], world.device.size)
        if action.kind == "swipe":
            me.drag(action.start, action.end, action.ms)
        elif action.kind in ("tap", "long_press"):
            me.drag(action.start, ms=60 if action.kind == "tap" else 700)
        elif action.kind == "type":
            me.send({"type": "text", "text": action.text, "clear": action.clear} if action.text else {"type": "clear"})
        else:
            name = {"answer": "text"}.get(action.kind, action.kind)
            me.send({"type": action.kind, name: action.text})
    return me.latest


def solve_twenty(me, folder):
    """Solve twenty tasks, and play what was recorded again."""
    names = me.latest["tasks"][::2][:20]
    for seed, name in enumerate(names):
        me.begin(name, seed)
        state = play(me)
        assert (name, state["success"]) == (name, 1.0), state["done"]
    files = list(folder.glob("*.arrows"))
    assert len(set(names)) == len(files) == 20
    assert [each.differs for file in files for each in replay(file, frames=False)] == [None] * 20


@pytest.mark.slow
def test_twenty_tasks_are_done_through_the_page_s_own_events(tmp_path):
    server = served(tmp_path, budget=4)
    try:
        solve_twenty(Visitor(server), tmp_path)
    finally:
        server.shutdown()
        server.finish()


# --- the page itself


class Window:
    """The page in a browser, touched by its mouse and keyboard."""

    def __init__(self, page, server):
        self.page, self.server = page, server
        self.done = page.locator("#done li")
        page.goto(server.address)
        page.locator("#room").wait_for()

    @property
    def latest(self):
        state = self.server.with_phone(Session.state)
        return state | {"tasks": self.server.with_phone(lambda session: session.tasks)}

    def begin(self, name, seed):
        self.page.locator("#task").select_option(name)
        self.page.locator("#seed").fill(str(seed))
        self.page.get_by_role("button", name="Start").click()
        self.page.locator("#about", has_text=f"{name}, seed {seed} · 0 of").wait_for()

    def until(self, count):
        """Wait until the page shows so many actions."""
        self.done.nth(count - 1).wait_for(state="attached")

    def drag(self, start, end=None, ms=60):
        count, mouse, box = self.done.count(), self.page.mouse, self.page.locator("#screen").bounding_box()
        width, height = self.server.with_phone(lambda session: session.world.device.size)
        places = [
            (box["x"] + (x + 0.5) * box["width"] / width, box["y"] + (y + 0.5) * box["height"] / height)
            for x, y in (start, end or start)
        ]
        mouse.move(*places[0])
        mouse.down()
        if end:
            mouse.move(*places[1], steps=4)
        self.page.wait_for_timeout(ms)
        mouse.up()
        self.until(count + 1)

    def send(self, event):
        count, page, pressed = self.done.count(), self.page, 1
        if event["type"] == "status":
            page.get_by_role("button", name="Done" if event["status"] == "complete" else "Infeasible").click()
        elif event["type"] == "answer":
            page.locator("#answer").fill(event["text"])
            page.get_by_role("button", name="Answer", exact=True).click()
        elif event["type"] == "key" and event["key"] in ("BACK", "HOME"):
            page.get_by_role("button", name=event["key"].capitalize()).click()
        elif event["type"] == "wait":
            page.get_by_role("button", name="Wait").click()
        else:
            page.locator("#screen").focus()
            if event["type"] == "clear" or event.get("clear"):
                page.keyboard.press("Control+a")
            for letter in event.get("text", ""):
                page.keyboard.press({"\n": "Enter"}.get(letter, letter))
            if event["type"] != "text":
                page.keyboard.press({"clear": "Backspace", "key": "Enter"}[event["type"]])
            lines = event.get("text", "x").split("\n")
            pressed = len(lines) - 1 + sum(map(bool, lines))
        self.until(count + pressed)


@pytest.fixture(scope="module")
def chromium():
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox"] if os.getuid() == 0 else []  # Chromium's sandbox refuses root
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        yield browser
        browser.close()


@pytest.mark.browser
def test_twenty_tasks_are_done_on_the_page_in_a_browser(chromium, tmp_path):
    server = served(tmp_path, budget=6)
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    failed = []
    page.on("console", lambda message: failed.append(message.text))
    page.on("pageerror", lambda error: failed.append(str(error)))
    try:
        solve_twenty(Window(page, server), tmp_path)
        assert failed == []
    finally:
        page.close()
        server.shutdown()
        server.finish()


@pytest.mark.browser
def test_the_page_tells_what_happens(chromium, tmp_path, log):
    server = served(tmp_path, log)
    first, second = (chromium.new_page(viewport={"width": 1280, "height": 900}) for _ in range(2))
    try:
        window = Window(first, server)
        window.drag((540, 60), (540, 1200), ms=200)
        assert first.locator("#done").inner_text() == "swipe down"
        first.locator("#line").fill("getprop ro.build.version.sdk; nothing")
        first.locator("#line").press("Enter")
        first.locator("#terminal", has_text="exit status 127").wait_for()
        assert first.locator("#terminal").inner_text().startswith("$ getprop ro.build.version.sdk; nothing\n33\n")
        assert first.locator("#clauses li.holds").count() == 0
        window.drag((794, 295))  # the tile
        assert first.locator("#clauses li.holds").inner_text() == "bluetooth is off"
        window.send({"type": "status", "status": "complete"})
        assert first.locator("#end").inner_text() == "The task is done."
        assert first.locator("#record").inner_text() == "Recorded as SystemBluetoothTurnOff-3-1.arrows."
        second.goto(server.address)
        second.get_by_role("button", name="Take over").click()
        second.locator("#room").wait_for()
        first.locator("#why", has_text="Another window took over the phone.").wait_for()
        window = Window(second, server)  # the page again
        window.begin("ClockStopWatchRunning", 1)
        box = second.locator("#screen").bounding_box()
        second.mouse.move(box["x"] + 100, box["y"] + 400)
        second.mouse.down()
        assert until(lambda: server.with_phone(lambda session: session.is_touched))
        second.close()
        assert until(lambda: "the browser is gone in the middle of a gesture" in log[-1])
        third = chromium.new_page()
        third.goto(server.address.replace("token=", "token=x"))
        assert "ends with a token" in third.locator("body").inner_text()
        third.close()
    finally:
        first.close()
        server.shutdown()
        server.finish()
