"""The interface to android-env: simulator, adb, console, task manager and accessibility forwarder."""
