"""The editor's loop: single panels drawn again until they are right, with everything else left as it was."""
