"""Captions: a scene told in a writer's words, or in the comma-separated clauses of a composed prompt.

Each comes with the facts it states, so that a text encoder can be taught to read them.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from novel.embedded.teacher import words as w
from novel.embedded.teacher import words_people as wp
from novel.embedded.teacher import words_places as wl
from novel.embedded.teacher import words_things as wt
from novel.embedded.teacher.facts import Facts
from novel.embedded.teacher.scene import Person, Scene, Thing

#: A word that no vocabulary holds; it stands for all words that a writer may use and the model does not know.
UNKNOWN = "zzz"


@dataclass(slots=True)
class Caption:
    """A text and what it states."""

    text: str = ""
    facts: Facts = field(default_factory=dict)


def _a(phrase: str) -> str:
    return ("an " if phrase[0] in "aeiou" else "a ") + phrase


def _colour_word(rng: random.Random, colour: str) -> str:
    return rng.choice(wp.COLOUR[colour])


class Teller:
    """Tells one scene once; ``rng`` decides the words, the order and what is left out. ``backwards``: the same words,
    its people in the other order where all their sides are stated."""

    def __init__(self, scene: Scene, rng: random.Random, backwards: bool = False) -> None:
        self.scene, self.rng, self.backwards = scene, rng, backwards
        self.facts: Facts = {}

    def one(self, options: Sequence[str]) -> str:
        """One of the options."""
        return self.rng.choice(list(options))

    def likely(self, p: float) -> bool:
        """True with probability ``p``."""
        return self.rng.random() < p

    # --- clauses -----------------------------------------------------------------------------------

    def style(self) -> str:
        """The style's words."""
        self.facts["style"] = self.scene.style
        return self.one(w.STYLE[self.scene.style])

    def shot(self) -> str:
        """The camera's words."""
        self.facts["shot"] = self.scene.shot
        return self.one(w.SHOT[self.scene.shot])

    def setting(self) -> str:
        """Where and when."""
        s = self.scene
        parts = []
        self.facts["place"] = s.place
        place = self.one(wl.PLACE[s.place])
        if self.likely(0.12):
            place = place.removeprefix("in ").removeprefix("on ").removeprefix("at ").removeprefix("inside ")
        parts.append(place)
        if self.likely(0.9 if s.time != "day" else 0.6):
            self.facts["time"] = s.time
            parts.append(self.one(w.TIME[s.time]))
        if self.likely(0.95 if s.weather != "clear" else 0.04):
            self.facts["weather"] = s.weather
            parts.append(self.one(w.WEATHER[s.weather]))
        if self.likely(0.15):
            self.rng.shuffle(parts)
        return (" " if self.likely(0.6) else ", ").join(parts)

    def _hair(self, p: Person, key: str) -> str:
        if p.kind == "robot" or (p.hat in ("helmet", "beanie", "wizardhat") and self.likely(0.6)):
            return ""
        if not self.likely(0.85):
            return ""
        if p.cut == "bald":
            self.facts[key + "cut"] = "bald"
            return self.one(wp.CUT["bald"])
        self.facts[key + "hair"] = p.hair
        colour = self.one(wp.HAIR[p.hair])
        if self.likely(0.3 if p.cut in ("short", "long") else 0.1):
            return f"{colour} hair"
        template = self.one(wp.CUT[p.cut])
        if template != "{} hair":
            self.facts[key + "cut"] = p.cut
        return template.format(colour)

    def _word(self, p: Person, key: str) -> tuple[str, list[str]]:
        """The noun for a figure, and what is told of its looks after ``with``."""
        word = self.one(wp.KIND[p.kind])
        vague = word in wp.NEUTRAL and word not in ("child", "kid")
        self.facts[key + "kind"] = "someone" if vague else p.kind
        if p.build != "average" and self.likely(0.9):
            self.facts[key + "build"] = p.build
            last = word.split()[-1]
            word = word.replace(last, f"{self.one(wp.BUILD[p.build])} {last}")
        having: list[str] = []
        if p.kind == "robot":
            if p.colour != "grey" or self.likely(0.15):
                self.facts[key + "colour"] = p.colour
                colour = _colour_word(self.rng, p.colour)
                word = word.replace("robot", f"{colour} robot") if "robot" in word else f"{colour} {word}"
            return word, having
        if self.likely(0.93 if p.skin != "light" else 0.12):
            phrase = self.one(wp.SKIN[p.skin])
            self.facts[key + "skin"] = p.skin
            if phrase.startswith("with "):
                having.append(phrase.removeprefix("with "))
            else:
                word = f"{phrase} {word}"
        hair = self._hair(p, key)
        having += [hair] if hair else []
        for has, head, options in ((p.glasses, "glasses", wp.GLASSES), (p.beard, "beard", wp.BEARD)):
            if has and self.likely(0.95):
                self.facts[key + head] = "yes"
                having.append(self.one(options))
        if self.likely(0.15):
            self.rng.shuffle(having)
        return word, having

    def noun(self, p: Person) -> str:
        """Who it is, with clothes, hair and so on, in one of several orders."""
        key = p.side + "-"
        word, having = self._word(p, key)
        worn = self._worn(p, key)
        feeling = self._feeling(p, key)
        if feeling and " " not in feeling and self.likely(0.5):
            word, feeling = f"{feeling} {word}", ""
        text = _a(word) if self.likely(0.75) else word
        if having and worn and self.likely(0.1):
            text += f" in {worn}"
            worn = ""
        if having:
            text += self.one((" with ", " with ", ", ", " who has ")) + " and ".join(having)
        if worn:
            bare = worn.removeprefix("a ").removeprefix("an ")
            text += self.one(
                (
                    f" wearing {worn}",
                    f" wearing {worn}",
                    f", {bare}",
                    f", {bare}",
                    f" in {worn}",
                    f" and {worn}",
                    f", wearing {worn}",
                    f" dressed in {bare}",
                )
            )
        return text + (self.one((", ", " ", ", ")) + feeling if feeling else "")

    def _worn(self, p: Person, key: str) -> str:
        parts = []
        if p.kind != "robot" and self.likely(0.9):
            self.facts[key + "clothes"] = p.clothes
            garment = self.one(wp.CLOTHES[p.clothes])
            if p.clothes == "labcoat":
                parts.append(_a(garment))
                if self.likely(0.5):
                    self.facts[key + "colour"] = p.colour
                    parts.append(_a(f"{_colour_word(self.rng, p.colour)} shirt"))
            else:
                self.facts[key + "colour"] = p.colour
                parts.append(_a(f"{_colour_word(self.rng, p.colour)} {garment}"))
        if p.hat != "none" and p.kind != "robot" and self.likely(0.95):
            self.facts[key + "hat"] = p.hat
            parts.append(_a(self.one(wp.HAT[p.hat])))
        return " and ".join(parts)

    def _feeling(self, p: Person, key: str) -> str:
        if self.likely(0.93 if p.expression != "calm" else 0.08):
            self.facts[key + "expression"] = p.expression
            return self.one(wp.EXPRESSION[p.expression])
        return ""

    def deed(self, p: Person) -> str:
        """What the figure does and where it looks."""
        key = p.side + "-"
        parts = []
        if p.holding != "none" and p.pose in ("hold", "raise"):
            self.facts[key + "holding"] = p.holding
            self.facts[key + "pose"] = p.pose
            thing = _a(self.one(wt.THING[p.holding]))
            parts.append(f"{self.one(wp.POSE['hold'])} {thing}" if p.pose == "hold" else f"holding up {thing}")
        elif self.likely(0.96 if p.pose != "stand" else 0.25):
            self.facts[key + "pose"] = p.pose
            parts.append(self.one(wp.POSE[p.pose]))
        if self.likely({"back": 0.97, "front": 0.06}.get(p.facing, 0.2)):
            self.facts[key + "facing"] = p.facing
            parts.append(self.one(wp.FACING[p.facing]))
        return self.one((" ", ", ")).join(parts)

    def person(self, p: Person, where: bool) -> str:
        """A whole clause about one figure."""
        noun, deed = self.noun(p), self.deed(p)
        side = self.one(w.SIDE[p.side]) if where else ""
        comma = self.one((", ", ", ", " "))
        if side and self.likely(0.14):
            return f"{side}{comma}{noun}" + (f"{comma}{deed}" if deed else "")
        parts = [x for x in ([deed, side] if self.likely(0.65) else [side, deed]) if x]
        return comma.join([noun, " ".join(parts)]) if parts and self.likely(0.5) else comma.join([noun, *parts])

    def thing(self, t: Thing) -> str:
        """A clause about one thing."""
        self.facts[f"{t.side}-thing"] = t.name
        name = self.one(wt.THING[t.name])
        if t.behind:
            self.facts[f"{t.side}-behind"] = "yes"
            return _a(name) + " " + self.one(("behind", "in the background", "behind them", "behind", "in the back"))
        noun = _a(name) if self.likely(0.85) and not name.endswith("books") else name
        lead = self.one(("", "", "", "", "there is ", "beside them "))
        side = self.one(w.SIDE[t.side])
        if self.likely(0.1):
            return f"{side}, {noun}"
        return f"{lead}{noun} {side}"

    # --- whole captions ----------------------------------------------------------------------------

    def _cast(self) -> list[str]:
        people = list(self.scene.people)
        told: list[tuple[Person, bool]] = []
        for p in people:
            alone = len(people) == 1
            where = p.side != "center" or self.likely(0.5) if alone else self.likely(0.75)
            told.append((p, where))
        if all(where for _, where in told) and self.likely(0.12):
            self.rng.shuffle(told)
        self.facts["count"] = str(len(people))
        people_told = [self.person(p, where) for p, where in told]
        return people_told[::-1] if self.backwards and all(where for _, where in told) else people_told

    def _noise(self) -> str:
        """A clause of words that mean nothing to the model."""
        return self.one(
            (
                f"{UNKNOWN}",
                f"{UNKNOWN} {UNKNOWN}",
                f"a {UNKNOWN} of {UNKNOWN}",
                f"{UNKNOWN} and {UNKNOWN} {UNKNOWN}",
                f"the {UNKNOWN} {UNKNOWN} in the {UNKNOWN}",
                f"a small {UNKNOWN} under a {UNKNOWN}",
                f"a {UNKNOWN} in the center",
                f"{UNKNOWN} on every {UNKNOWN}",
                f"the whole {UNKNOWN}",
                f"a {UNKNOWN} {UNKNOWN} on the left",
                f"a {UNKNOWN} on the right",
                f"two friends {UNKNOWN}",
                f"{UNKNOWN} {UNKNOWN} {UNKNOWN} {UNKNOWN}",
            )
        )

    def clauses(self) -> str:
        """In the order of a composed prompt, now and then in another."""
        s = self.scene
        head: list[str] = []
        if self.likely(0.92 if s.style != "bright" else 0.85):
            head.append(self.style())
        if self.likely(0.95 if s.shot != "wide" else 0.55):
            head.append(self.shot())
        middle = [self.setting()] if self.likely(0.96) else []
        cast = self._cast()
        for t in s.things:
            if t.behind and not any(p.side == t.side for p in s.people):
                continue
            if self.likely(0.97):
                cast.append(self.thing(t))
        if self.likely(0.35):
            cast.append(self._noise())
        if not s.people and self.likely(0.25):
            cast.append(self.one(("empty", "nobody", "no people", "nobody there", "an empty place")))
        tail = [self.one(w.STYLE_TAIL[s.style])] if "style" in self.facts and self.likely(0.4) else []
        order = [*head, *middle, *cast, *tail]
        if self.likely(0.12):
            order = [*head, *cast, *middle, *tail]
        elif self.likely(0.08):
            order = [*middle, *cast, *head, *tail]
        return ", ".join(order)

    def sentence(self) -> str:
        """As a sentence or two."""
        s = self.scene
        cast = self._cast()
        where = self.setting()
        things = [self.thing(t) for t in s.things if not t.behind or s.people]
        body = " and ".join(cast) if cast else self.one(("nobody", "an empty scene", "no one"))
        text = f"{body} {where}" if self.likely(0.6) else f"{where}, {body}"
        if things:
            text += self.one((", ", ". ", " with ")) + " and ".join(things)
        if self.likely(0.9 if s.shot != "wide" else 0.4):
            text = f"{self.shot()} of {text}" if self.likely(0.6) else f"{text}, {self.shot()}"
        if self.likely(0.9 if s.style != "bright" else 0.75):
            style = self.style()
            text = self.one((f"{style}, {text}", f"{text}, {style}", f"{text}, in {style}", f"{style}: {text}"))
        return text


def caption(scene: Scene, rng: random.Random, backwards: bool = False) -> Caption:
    """One caption of a scene, with what it states; ``backwards`` as for :class:`Teller`."""
    teller = Teller(scene, rng, backwards)
    text = teller.clauses() if rng.random() < 0.72 else teller.sentence()
    return Caption(text, teller.facts)
