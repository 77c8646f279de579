"""``import d4rl.pointmaze`` registers nothing: the stand-in ``gym`` makes all ids."""
