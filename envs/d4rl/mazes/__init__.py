"""D4RL's mazes: Maze2D's ball and AntMaze's ant."""
