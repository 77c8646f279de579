"""A page to touch the phone: ``palaestra serve device``."""
