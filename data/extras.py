"""Optional packages, the extras that install them, and the error message if one is missing."""

import importlib.util

from palaestra.data.errors import InputError

EXTRAS = {
    "phone": {
        "android_env": "android-env",
        "immutabledict": "immutabledict",
        "dm_env": "dm-env",
        "grpc": "grpcio",
        "google.protobuf": "protobuf",
        "skia": "skia-python",
        "font_roboto": "font-roboto",
        "fonticon_mdi7": "fonticon-materialdesignicons7",
    },
    "fonts": {"manimgx_fonts": "manimgx-fonts", "noto_cjk_sans_otc": "noto-cjk-sans-otc"},
    "robotics": {"gymnasium_robotics": "gymnasium-robotics"},
    "sb3": {"stable_baselines3": "stable-baselines3"},
    "language": {
        "transformers": "transformers",
        "huggingface_hub": "huggingface-hub",
        "tokenizers": "tokenizers",
        "peft": "peft",
        "gguf": "gguf",
    },
    "api": {"openai": "openai"},
    "grammar": {"xgrammar": "xgrammar"},
    "mcp": {"mcp": "mcp", "uvicorn": "uvicorn"},
    "trl": {"trl": "trl", "datasets": "datasets"},
    "openenv": {"openenv": "openenv"},
    "skyrl": {"skyrl_gym": "skyrl-gym"},
    "verifiers": {"verifiers": "verifiers"},
}
"""Extra -> import name -> package name for ``pip install``."""
ALONE = ("grammar", "mcp", "trl", "openenv", "skyrl", "verifiers")
"""Extras that ``all`` doesn't have: the bridges' pins exclude one another, and xgrammar brings a large package."""


def require(purpose: str, *modules: str) -> None:
    """Check that optional packages are installed; imports none of them.

    Args:
        purpose: the feature that needs them, a singular noun; the message begins with it.
        *modules: import names from ``EXTRAS``.

    Raises:
        InputError: some are missing; the message names them and the extra that brings them.
    """
    missing = [module for module in modules if importlib.util.find_spec(module) is None]
    if missing:
        extras = [extra for extra, packages in EXTRAS.items() if any(module in packages for module in missing)]
        packages = [EXTRAS[extra][module] for extra in extras for module in missing if module in EXTRAS[extra]]
        listed = " and ".join([", ".join(packages[:-1]), packages[-1]] if len(packages) > 1 else packages)
        raise InputError(f'{purpose} needs {listed}: pip install "palaestra[{",".join(extras)}]"')
