"""What the writer wrote: the story and style as frozen models, read from YAML with every mistake located."""
