"""A web without a network: sites whose pages are trees of views, the same at every visit.

What an address shows is a function of the web's seed and the address alone, so that only tabs, history, cookies and
what was typed have to be saved.
"""
