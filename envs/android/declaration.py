"""The phone, as ``palaestra.envs.declared`` finds it."""

from palaestra.envs.declared import Declared

WORLDS = (
    Declared(
        id="palaestra/Android-v0",
        entry_point="palaestra.envs.android.worlds:Android",
        vector_entry_point="palaestra.envs.android.vector:make_phones",
        observation="pixels",
        action="touch, keys",
        horizon="none",
        score="none",
    ),
    Declared(
        id="palaestra/AndroidTasks-v0",
        entry_point="palaestra.envs.android.worlds:AndroidTasks",
        vector_entry_point="palaestra.envs.android.vector:make_tasks",
        observation="pixels, text",
        action="text",
        horizon="task's",
        score="0 / 1",
    ),
    Declared(
        id="palaestra/AitW-WebShop-v0",
        entry_point="palaestra.envs.android.worlds:AitWWebShop",
        vector_entry_point="palaestra.envs.android.vector:make_webshop",
        observation="pixels, text",
        action="text",
        horizon="20",
        score="0 / 1",
    ),
    Declared(
        id="palaestra/AitW-General-v0",
        entry_point="palaestra.envs.android.worlds:AitWGeneral",
        vector_entry_point="palaestra.envs.android.vector:make_general",
        observation="pixels, text",
        action="text",
        horizon="10",
        score="0 / 1",
    ),
)
