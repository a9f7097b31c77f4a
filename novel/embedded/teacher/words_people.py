"""How writers say who is there: looks, clothes, poses, moods. Same rules as :mod:`words`."""

from __future__ import annotations

KIND: dict[str, tuple[str, ...]] = {
    "man": (
        "man",
        "man",
        "young man",
        "man",
        "guy",
        "person",
        "male scientist",
        "engineer",
        "researcher",
        "student",
        "worker",
        "teacher",
        "doctor",
        "knight",
        "king",
        "sailor",
    ),
    "woman": (
        "woman",
        "woman",
        "young woman",
        "lady",
        "woman",
        "female scientist",
        "woman engineer",
        "female student",
        "mother",
        "nurse",
        "queen",
        "sister",
    ),
    "boy": ("boy", "boy", "little boy", "small boy", "child", "kid", "young boy"),
    "girl": ("girl", "girl", "little girl", "small girl", "young girl", "daughter"),
    "oldman": ("old man", "old man", "elderly man", "grandfather", "aged man", "old professor", "old wizard"),
    "oldwoman": ("old woman", "old woman", "elderly woman", "grandmother", "old lady", "aged woman"),
    "robot": ("robot", "robot", "small robot", "little robot", "friendly robot", "android", "machine man"),
}
#: Words that name a figure without settling whether it is a man or a woman.
NEUTRAL = ("person", "engineer", "researcher", "student", "worker", "teacher", "doctor", "child", "kid")
SKIN: dict[str, tuple[str, ...]] = {
    "light": ("with light skin", "with pale skin", "fair skinned", "light skinned"),
    "tan": ("with tan skin", "with olive skin", "tanned"),
    "brown": ("with brown skin", "brown skinned"),
    "dark": ("with dark skin", "dark skinned", "black"),
}
BUILD: dict[str, tuple[str, ...]] = {
    "average": (),
    "slim": ("slim", "thin", "slender"),
    "big": ("big", "stocky", "broad", "heavy", "strong"),
}
HAIR: dict[str, tuple[str, ...]] = {
    "black": ("black", "dark", "black"),
    "brown": ("brown", "brown", "chestnut"),
    "blond": ("blond", "blonde", "golden", "fair"),
    "red": ("red", "red", "ginger"),
    "grey": ("grey", "gray", "silver"),
    "white": ("white", "white", "snow-white"),
    "blue": ("blue",),
    "pink": ("pink",),
}
CUT: dict[str, tuple[str, ...]] = {
    "short": ("short {} hair", "{} hair", "short {} hair", "cropped {} hair"),
    "long": ("long {} hair", "long {} hair", "long flowing {} hair"),
    "curly": ("curly {} hair", "{} curls", "frizzy {} hair"),
    "spiky": ("spiky {} hair", "messy {} hair", "wild {} hair"),
    "bob": ("a {} bob", "a bob of {} hair", "chin-length {} hair"),
    "bun": ("a {} bun", "{} hair in a bun", "hair tied up in a {} bun"),
    "ponytail": ("a {} ponytail", "{} hair in a ponytail"),
    "bald": ("a bald head", "no hair", "a shaved head"),
}
CLOTHES: dict[str, tuple[str, ...]] = {
    "shirt": ("shirt", "shirt", "t-shirt", "tee", "top", "blouse"),
    "hoodie": ("hoodie", "hoodie", "hooded sweatshirt", "sweatshirt"),
    "sweater": ("sweater", "jumper", "pullover", "cardigan"),
    "jacket": ("jacket", "jacket", "blazer", "leather jacket", "vest"),
    "coat": ("coat", "coat", "long coat", "overcoat", "trench coat", "raincoat"),
    "labcoat": ("lab coat", "white lab coat", "lab coat"),
    "suit": ("suit", "suit", "suit and tie", "business suit"),
    "dress": ("dress", "dress", "gown", "long dress", "skirt"),
    "spacesuit": ("spacesuit", "space suit", "astronaut suit"),
    "armour": ("armour", "armor", "suit of armour", "knight's armour"),
    "cloak": ("cloak", "cloak", "robe", "cape", "robes"),
}
COLOUR: dict[str, tuple[str, ...]] = {
    "red": ("red", "red", "crimson", "scarlet"),
    "blue": ("blue", "blue", "navy", "dark blue"),
    "green": ("green", "green", "emerald"),
    "yellow": ("yellow", "yellow", "golden"),
    "orange": ("orange",),
    "purple": ("purple", "purple", "violet"),
    "pink": ("pink", "pink", "rose"),
    "teal": ("teal", "turquoise", "cyan"),
    "brown": ("brown",),
    "black": ("black", "black", "dark"),
    "white": ("white", "white", "cream"),
    "grey": ("grey", "gray", "silver"),
}
POSE: dict[str, tuple[str, ...]] = {
    "stand": ("standing", "stands", "waiting", "looking on", "stands still"),
    "walk": ("walking", "walks", "striding", "strolling"),
    "run": ("running", "runs", "racing", "rushing", "sprinting"),
    "sit": (
        "sitting at a desk",
        "sits at a desk",
        "sitting at a table",
        "seated at a desk",
        "working at a desk",
        "typing at a desk",
    ),
    "point": ("pointing", "points", "pointing ahead", "pointing at something", "pointing the way"),
    "wave": ("waving", "waves", "waving hello", "greeting", "waving a hand"),
    "read": ("reading a book", "reading", "reads a book", "reads", "looking into a book"),
    "reach": ("reaching up", "reaching out", "reaches out", "stretching out a hand", "reaches up"),
    "raise": (
        "arms raised",
        "with arms raised",
        "raising both arms",
        "cheering",
        "celebrating",
        "with both hands up",
        "throws up the arms",
    ),
    "think": ("thinking", "thinks", "hand on chin", "pondering", "wondering", "deep in thought"),
    "hips": ("hands on hips", "with hands on hips", "posing proudly"),
    "hold": ("holding", "carrying", "holds", "with", "clutching", "lifting"),
}
FACING: dict[str, tuple[str, ...]] = {
    "front": ("facing us", "looking at us", "facing the viewer", "facing front"),
    "left": ("facing left", "looking left", "turned to the left"),
    "right": ("facing right", "looking right", "turned to the right"),
    "back": ("seen from behind", "from behind", "turned away", "with back to us"),
}
EXPRESSION: dict[str, tuple[str, ...]] = {
    "calm": ("calm", "with a calm face", "serious", "neutral", "quiet", "stern"),
    "happy": ("smiling", "happy", "with a smile", "smiles", "glad", "cheerful", "proud", "hopeful"),
    "laughing": ("laughing", "laughs", "with a big laugh", "grinning", "overjoyed"),
    "sad": ("sad", "crying", "with tears", "unhappy", "in tears", "lonely"),
    "angry": ("angry", "furious", "frowning", "scowling", "mad"),
    "surprised": ("surprised", "amazed", "astonished", "shocked", "in wonder", "with an open mouth"),
    "worried": ("worried", "afraid", "nervous", "scared", "anxious", "tired", "exhausted"),
    "asleep": ("asleep", "sleeping", "with closed eyes", "dreaming", "dozing"),
}
HAT: dict[str, tuple[str, ...]] = {
    "hat": ("hat", "brown hat", "fedora"),
    "cap": ("cap", "red cap", "baseball cap"),
    "beanie": ("beanie", "woolly hat", "knit cap"),
    "crown": ("crown", "golden crown", "crown on the head"),
    "helmet": ("helmet", "steel helmet"),
    "wizardhat": ("wizard hat", "pointed hat", "witch hat"),
}
GLASSES = ("glasses", "round glasses", "glasses", "spectacles")
BEARD = ("a beard", "a beard", "a full beard", "a bushy beard")
