"""A directory of people, cities and companies."""
