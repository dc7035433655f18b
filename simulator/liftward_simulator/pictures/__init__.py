"""Pictures of simulated stories, as a lift engineer draws them, from truth and messages alone."""
