"""Whether characters, places and the style of a built book stay themselves: figures, outliers, contact sheets."""
