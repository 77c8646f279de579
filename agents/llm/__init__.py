"""Language models as agents: templates, transcripts, generation, and the policy that speaks with them."""
