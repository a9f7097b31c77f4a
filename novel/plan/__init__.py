"""From a story to a plan: which panel stands where on which page, and what exactly is to be rendered for it."""
