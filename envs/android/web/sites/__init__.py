"""One file per site: subclasses of ``Site``, found by scanning."""
