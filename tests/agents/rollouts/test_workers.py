import multiprocessing
import operator
import os
import subprocess
import sys
import time

import pytest

from palaestra.agents.rollouts.workers import run_in_order


def always(task):
    return True


@pytest.mark.parametrize("processes", [1, 3])
def test_results_come_in_the_order_of_the_tasks(processes):
    tasks = [5, 3, 1, 4]
    assert list(run_in_order(operator.neg, tasks, processes, always)) == [(5, -5), (3, -3), (1, -1), (4, -4)]


@pytest.mark.parametrize("processes", [1, 2])
def test_tasks_no_longer_needed_are_left_out(processes):
    unwanted, got = set(), []

    def wanted(task):
        return task not in unwanted

    for task, result in run_in_order(operator.neg, list(range(8)), processes, wanted):
        got.append(result)
        if task == 1:
            unwanted |= {2, 3, 4, 6, 7}
    assert got == [0, -1, -5]


def test_a_slow_task_keeps_its_place():
    delays = [0.5, 0.01, 0.01, 0.01]
    assert [delay for delay, _ in run_in_order(time.sleep, delays, 2, always)] == delays


@pytest.mark.parametrize("processes", [1, 2])
def test_an_error_in_a_task_reaches_the_caller(processes):
    with pytest.raises(ValueError, match="negative"):
        list(run_in_order(time.sleep, [0, -1], processes, always))
    assert not multiprocessing.active_children()


def test_a_worker_that_dies_is_an_error():
    with pytest.raises(RuntimeError, match="exit status 3"):
        list(run_in_order(os._exit, [3], 2, always))
    assert not multiprocessing.active_children()


def test_workers_end_with_the_generator():
    results = run_in_order(time.sleep, [0, 60, 60], 2, always)
    assert next(results) == (0, None)
    assert multiprocessing.active_children()
    results.close()
    assert not multiprocessing.active_children()


def test_workers_that_cannot_start_are_an_error(tmp_path):
    # A script read from a pipe has no file that a worker could import.
    script = "import operator; from palaestra.agents.rollouts.workers import run_in_order\n"
    script += "list(run_in_order(operator.neg, [1, 2, 3], 2, bool))"
    command = [sys.executable, "-"]
    run = subprocess.run(command, input=script, cwd=tmp_path, text=True, capture_output=True, timeout=60)
    assert run.returncode == 1
    assert run.stderr.splitlines()[-1].startswith("RuntimeError: a worker process has died (exit status 1)")
