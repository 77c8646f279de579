"""A search engine over passages on an invented country, and questions that need one to three of them."""
