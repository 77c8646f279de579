"""Owners and security contexts of files: by their folder, unless they were set."""

import re

from palaestra.envs.android.system.files import Files, resolve


def owner(files: Files, path: str) -> tuple[str, str]:
    """User and group of a file, which depend on its folder unless ``chown`` has set them."""
    path = resolve(path)
    user, group = ("system", "system") if path.startswith("/data") else ("root", "root")
    if path.startswith("/storage/emulated/0"):
        user, group = "u0_a171", "media_rw"
    elif path.startswith("/data/data/"):
        user, group = "u0_a120", "u0_a120"
    labels = files.labels(path)
    return labels.get("user", user), labels.get("group", group)


def context(files: Files, path: str) -> str:
    """The security context of a file, which depends on its folder unless ``chcon`` has set it."""
    path = resolve(path)
    kinds = {
        "/storage/": "fuse",
        "/data/data/": "app_data_file",
        "/data/local/tmp": "shell_data_file",
        "/data": "system_data_file",
    }
    kind = next((kind for top, kind in kinds.items() if path.startswith(top)), "system_file")
    return files.labels(path).get("context", f"u:object_r:{kind}:s0")


def number_of(name: str) -> str:
    """The number of a user or group."""
    if match := re.fullmatch(r"u0_a(\d+)", name):
        return str(10_000 + int(match[1]))
    return name if name.isdecimal() else {"system": "1000", "media_rw": "1023", "shell": "2000"}.get(name, "0")
