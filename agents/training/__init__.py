"""Training: the registry of algorithms, the loop, hyperparameters, and trainers that learn in environments."""
