"""``import d4rl.hand_manipulation_suite`` registers nothing: the stand-in ``gym`` makes all ids."""
