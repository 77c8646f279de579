"""Towards android-env: its simulator, adb, console, task manager and accessibility forwarder, on this phone."""

from palaestra.data.extras import require

require("the bridge to android-env", "android_env", "immutabledict")
