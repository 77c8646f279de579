"""Tasks from instructions of Android in the Wild: Web Shopping and General.

The instructions are those of ``palaestra.data.recipes.aitw``. ``grammar`` reads a line into a template and its slots;
``splits`` divides the lines into training and test sides.
"""
