"""D4RL's manipulation tasks: Adroit's hand (pen, door, hammer, relocate) and the Franka kitchen."""
