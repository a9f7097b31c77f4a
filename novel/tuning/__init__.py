"""Teaching a model a story's character, from pictures to an adapter; ``novel.render.tuning`` does the arithmetic."""
