"""The search engine and the content sites: pages that answer questions."""
