"""What DT and LaMo share: transformers over windows, and policies that ask for a return."""
