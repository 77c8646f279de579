"""AndroidWorld's own tasks on the phone: do its evaluators agree with our oracles?

Needs the sources of github.com/google-research/android_world on the import path, with what they import. Nothing of
them is changed: its task sets up the phone through android-env's adb, our oracle acts through its ``AsyncEnv``, and its
evaluator judges. All tasks follow one another on one phone. Two plays count per run: our oracle has to score 1, and
doing nothing has to score 0 (or, where a task is true from the start, 1). Host sleeps become virtual time; with
``--clock wall`` the host's time passes on the phone instead, at the border, and sleeps stay as they are.
"""

import argparse
import json
import logging
import random
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from typing import Any

from palaestra.envs.android.bridge import simulator
from palaestra.envs.android.codecs.registry import codec
from palaestra.envs.android.device import Device
from palaestra.envs.android.tasks.oracle import OracleView
from palaestra.envs.android.tasks.task import make_task, template, templates
from palaestra.envs.android.ui import accessibility

MAX_STEPS = 80
RENAMED: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "MarkorEditNote": lambda p: {"text": p[{"replace": "replace_text"}.get(p["edit_type"], p["edit_type"])]},
    "MarkorAddNoteHeader": lambda p: {"file_name": p["original_name"], "text": p["header"]},
    "MarkorChangeNoteContent": lambda p: {"file_name": p["original_name"], "text": p["updated_content"]},
    "MarkorMergeNotes": lambda p: {
        "notes": [[p[f"file{n}_name"], p[f"file{n}_content"]] for n in (1, 2, 3)],
        "new_name": p["new_file_name"],
    },
}
"""Parameters of AndroidWorld that have another name here; the others have the same."""


def virtual_sleep(device: Device) -> Callable[[float], None]:
    """A ``time.sleep`` that lets the phone's time pass; other threads sleep as before."""
    main, really_sleep = threading.current_thread(), time.sleep

    def sleep(seconds: float) -> None:
        if threading.current_thread() is main:
            device.advance(round(seconds * 1000))
        else:
            really_sleep(seconds)

    return sleep


def made_env(device: Device, **settings: Any) -> Any:
    """AndroidWorld's environment around the phone; settings of ``simulator.load``."""
    from android_world.env import android_world_controller, interface

    controller = android_world_controller.AndroidWorldController(
        simulator.load(device, **settings),
        android_world_controller.A11yMethod.A11Y_FORWARDER_APP,
        install_a11y_forwarding_app=False,  # it would be downloaded; the phone has it
    )
    return interface.AsyncAndroidEnv(controller)


def save_apps(env: Any, kinds: Mapping[str, Any]) -> None:
    """Keep the apps' data, as AndroidWorld's set-up does; every task begins with it."""
    from android_world.utils import app_snapshot

    for app in sorted({app for kind in kinds.values() for app in kind.app_names if app and app != "clipper"}):
        app_snapshot.save_snapshot(app, env.controller)


def play(name: str, slots: dict[str, Any], env: Any, device: Device) -> None:
    """Follow our oracle through AndroidWorld's environment."""
    from android_world.env import json_action

    speaks = codec("json")
    acting, screen = None, seen(device)
    for _ in range(MAX_STEPS):
        try:
            if acting is None:
                acting = template(name).oracle(screen, slots)
                action = next(acting)
            else:
                action = acting.send(screen)
        except StopIteration:
            return
        words = json.loads(speaks.encode(action, screen.elements, screen.size))
        env.execute_action(json_action.JSONAction(**words))
        time.sleep(2.0)
        device.settle()
        screen = seen(device)


def seen(device: Device) -> OracleView:
    return OracleView(accessibility.elements(device), device.size)


def score(kind: Any, name: str, params: dict[str, Any], env: Any, device: Device, solve: bool) -> float:
    """AndroidWorld's score of one play."""
    task = kind(dict(params))
    task.initialize_task(env)
    try:
        env.reset(go_home=True)
        slots = dict(make_task(name, 0).slots) | task.params
        slots |= RENAMED.get(name, lambda _: {})(task.params)
        if solve:
            play(name, slots, env, device)
        return float(task.is_successful(env))
    finally:
        task.tear_down(env)


def main() -> int:
    """Print the table; the exit status is 1 if anything differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="per task, each with other parameters")
    parser.add_argument("--tasks", nargs="*", help="names of tasks; all by default")
    parser.add_argument("--clock", choices=("virtual", "wall"), default="virtual", help="what sleeps are on the phone")
    parser.add_argument("--verbose", action="store_true", help="print why a play differs")
    options = parser.parse_args()
    try:
        from android_world import registry
    except ImportError as error:
        print(f"needs android_world, github.com/google-research/android_world: {error}", file=sys.stderr)
        return 2
    logging.disable(logging.CRITICAL)
    known = registry.TaskRegistry().get_registry("android_world")
    kinds = {name: known[name] for name in options.tasks or templates()}
    device = Device(render=(270, 600))
    if options.clock == "virtual":
        vars(time)["sleep"] = virtual_sleep(device)
    tempfile.tempdir = tempfile.mkdtemp()
    env = made_env(device, **({} if options.clock == "virtual" else {"clock": options.clock}))
    save_apps(env, kinds)
    differs = 0
    print(f"{'template':32} {'runs':>4} {'oracle':>7} {'nothing':>8}")
    for name, kind in kinds.items():
        idle = float(template(name).true_from_start)
        agreed = {True: 0, False: 0}
        for run in range(options.runs):
            random.seed(f"{name} {run}")
            params = kind.generate_random_params()
            for solve, expected in ((True, 1.0), (False, idle)):
                try:
                    reached: Any = score(kind, name, params, env, device, solve)
                except Exception as error:  # whatever their code raises is a difference
                    reached = error
                    if options.verbose:
                        traceback.print_exc()
                agreed[solve] += reached == expected
                if reached != expected and options.verbose:
                    print(f"{name} {'solved' if solve else 'idle'}: {reached!r} with {params}"[:600])
        print(f"{name:32} {options.runs:4} {agreed[True]:7} {agreed[False]:8}", flush=True)
        differs += 2 * options.runs - sum(agreed.values())
    print(f"{len(kinds)} templates, {differs} differences")
    env.close()
    return int(differs > 0)


if __name__ == "__main__":
    sys.exit(main())
