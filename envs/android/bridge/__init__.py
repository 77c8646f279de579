"""Towards android-env: its simulator, adb, console, task manager and accessibility forwarder, on this phone."""
