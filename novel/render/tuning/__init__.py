"""Teaching a model a character: the arithmetic. What is taught, and from which pictures, is ``novel.tuning``'s."""
