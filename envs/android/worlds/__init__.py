"""The phone as Gymnasium environments.

``palaestra/Android-v0`` takes android-env's raw actions through android-env itself, one step for 100 ms; with
``simulator="emulator"`` the same environment drives an emulator or a phone. ``palaestra/AndroidTasks-v0`` has
instructions and text actions, and evaluates the phone's state after every step; ``palaestra/AitW-WebShop-v0`` and
``palaestra/AitW-General-v0`` have those of Android in the Wild.
"""

from palaestra.envs.android.worlds.aitw import AitWGeneral, AitWWebShop
from palaestra.envs.android.worlds.phone import PhoneEnv
from palaestra.envs.android.worlds.raw import Android
from palaestra.envs.android.worlds.tasks import AndroidTasks

__all__ = ["AitWGeneral", "AitWWebShop", "Android", "AndroidTasks", "PhoneEnv"]
