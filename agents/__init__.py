"""What acts: policies, the one rollout loop, the makers of recipe data, and the training of behaviour policies."""
