"""From requests to pictures: the backends, the model families, and the engine that drives them over the store."""
