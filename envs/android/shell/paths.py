"""Path names and the system's error messages about them."""

MISSING = "No such file or directory"


def resolve(folder: str, name: str) -> str:
    """The absolute path of a name in a working folder, without ``.``, ``..`` and doubled slashes."""
    parts: list[str] = []
    for part in (name if name.startswith("/") else f"{folder}/{name}").split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    return "/" + "/".join(parts)


def join(folder: str, name: str) -> str:
    """The path of a name in a folder, as commands print it."""
    return folder + name if folder.endswith("/") else f"{folder}/{name}"


def basename(path: str) -> str:
    """The last part of a path; "/" for the root."""
    return path.rstrip("/").rsplit("/", 1)[-1] or "/"


def dirname(path: str) -> str:
    """The path without its last part; "." for a bare name."""
    head = path.rstrip("/").rpartition("/")[0].rstrip("/")
    return head or ("/" if path.startswith("/") else ".")


def reason(error: OSError) -> str:
    """The system's message for an error."""
    if "Read-only" in str(error):
        return "Read-only file system"
    if "busy" in str(error):
        return "Device or resource busy"
    if "too long" in str(error):
        return "File name too long"
    kinds = {
        FileNotFoundError: MISSING,
        IsADirectoryError: "Is a directory",
        NotADirectoryError: "Not a directory",
        FileExistsError: "File exists",
        PermissionError: "Permission denied",
    }
    return next((text for kind, text in kinds.items() if isinstance(error, kind)), str(error))
