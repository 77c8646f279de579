"""The customer service desk of an online shop: a policy, a database, and a customer who talks."""
