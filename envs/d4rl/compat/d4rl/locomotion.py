"""``import d4rl.locomotion`` registers nothing: the stand-in ``gym`` makes all ids."""
