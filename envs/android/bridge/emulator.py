"""A real emulator or phone, through android-env's own simulator."""

from collections.abc import Mapping
from typing import Any

from android_env import environment
from android_env.components import config_classes, coordinator, device_settings, task_manager
from android_env.components.simulators.emulator import emulator_simulator
from android_env.proto import task_pb2

from palaestra.data.errors import InputError

LAUNCHER = frozenset(config_classes.EmulatorLauncherConfig.__dataclass_fields__)
ADB = frozenset(config_classes.AdbControllerConfig.__dataclass_fields__)
"""Names of android-env's settings for the emulator and for adb."""


def attach(
    emulator: Mapping[str, Any], task: task_pb2.Task, coordinator_config: config_classes.CoordinatorConfig
) -> environment.AndroidEnv:
    """android-env on an emulator or phone that is running.

    Args:
        emulator: fields of ``EmulatorLauncherConfig`` and ``AdbControllerConfig``.
        task: android-env's task.
        coordinator_config: fingers, key events, what the screen shows.

    Raises:
        InputError: there is none, or adb is missing.
    """
    unknown = set(emulator) - LAUNCHER - ADB
    if unknown:
        raise InputError(f"emulator {', '.join(sorted(unknown))}: not a field of android-env's emulator configuration")
    launcher = {name: value for name, value in emulator.items() if name in LAUNCHER}
    adb = {name: value for name, value in emulator.items() if name in ADB}
    config = config_classes.EmulatorConfig(
        emulator_launcher=config_classes.EmulatorLauncherConfig(**launcher),
        adb_controller=config_classes.AdbControllerConfig(**adb),
    )
    try:
        simulator = emulator_simulator.EmulatorSimulator(config=config)
        manager = task_manager.TaskManager(task)
        settings = device_settings.DeviceSettings(simulator)
        coordinated = coordinator.Coordinator(simulator, manager, settings, coordinator_config)
    except Exception as error:
        raise InputError(
            f"no emulator answers ({type(error).__name__}: {error}); start one and name its ports: "
            'emulator={"adb_port": 5555, "emulator_console_port": 5554, "grpc_port": 8554, "adb_path": ...}'
        ) from error
    return environment.AndroidEnv(simulator=simulator, coordinator=coordinated, task_manager=manager)
