"""What trains: the registry of commands, the loop, hyperparameters, and the trainers that act in worlds."""
