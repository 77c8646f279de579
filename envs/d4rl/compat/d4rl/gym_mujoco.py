"""``import d4rl.gym_mujoco`` registers nothing: the stand-in ``gym`` makes all ids."""
