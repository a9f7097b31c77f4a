"""The procedural illustrator whose captioned panels the embedded model learns from.

Nothing here is imported when a comic is made: it needs ``skia-python`` (the extra ``train``).
"""
