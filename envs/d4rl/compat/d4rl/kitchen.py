"""``import d4rl.kitchen`` registers nothing: the stand-in ``gym`` makes all ids."""
