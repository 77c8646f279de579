"""A Python interpreter whose state stays from call to call, in the sandbox."""
