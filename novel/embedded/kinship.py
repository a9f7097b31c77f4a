"""Words that the embedded model may not know, and the ones that come nearest in meaning.

Left, a writer's word; right, what to try instead, nearest first. A word that the shipped model does know is never
looked up here, and suggestions that it does not know are left out, so the table may be larger than any vocabulary.
"""

from __future__ import annotations

_TABLE = """
castle: tower city; village: city house; tower: castle city; house: village city; man: person; woman: person;
boy: person man; girl: person woman; old: grey; scientist: man woman person; dog: wolf cat; wolf: dog cat;
fox: dog cat; horse: dog cat; rabbit: cat; owl: bird; fish: whale sea; car: street; train: station;
running: walking pointing; walking: pointing; reading: books; sweater: shirt; hoodie: shirt; jacket: shirt;
coat: shirt; suit: shirt; dress: shirt; cloak: coat shirt; spacesuit: space suit; armour: shirt; office: lab;
classroom: library lab; cafe: city; apartment: library lab; bedroom: apartment; gallery: library; stage: lab;
market: city; rooftop: city; street: city; harbour: beach; river: beach; sea: beach; field: desert forest;
snow: mountains; cave: mountains; park: forest; retro: comic; manga: noir comic; dusk: sunset; book: books;
computer: screen; cathedral: castle church tower; church: castle tower village house; chapel: house castle tower;
temple: castle tower statue; palace: castle tower; fortress: castle tower; skyscraper: tower building city;
building: house tower city street; buildings: city street house; hospital: office lab; clinic: office lab;
ward: office bedroom; laboratory: lab; university: lab classroom library; campus: park classroom;
college: classroom library; school: classroom; auditorium: stage classroom; theatre: stage; theater: stage;
cinema: stage screen; concert: stage; museum: gallery library; studio: workshop gallery lab; garage: workshop;
factory: workshop lab; warehouse: workshop market; shop: market cafe library; store: market cafe;
bookstore: library; supermarket: market; restaurant: cafe; pub: cafe; bar: cafe; bakery: cafe market;
kitchen: cafe apartment; bathroom: bedroom apartment; hallway: office library; corridor: office library spaceship;
attic: bedroom workshop; basement: cave workshop; cellar: cave workshop; home: apartment house;
hotel: apartment bedroom; cottage: house village; cabin: house forest; hut: house tent; barn: house field farm;
farm: field village; garden: park field; meadow: field; prairie: field desert; orchard: field tree; jungle: forest;
woods: forest; wood: forest; grove: forest; swamp: river forest; lake: river sea; pond: river; stream: river;
waterfall: river mountains; canyon: desert mountains cave; valley: river mountains; hill: mountains field;
hills: mountains field; cliff: mountains rock; volcano: mountains campfire; glacier: snow mountains;
island: beach palm sea; coast: beach sea; shore: beach sea; ocean: sea beach; bay: sea beach harbour;
port: harbour ship; dock: harbour boat; pier: harbour beach; airport: airplane city; station: train street;
subway: train tunnel; highway: street car; road: street; alley: street; bridge: river street; plaza: market street;
square: market street; town: village city street; metropolis: city street; downtown: city street;
skyline: rooftop city; roof: rooftop city; balcony: rooftop apartment; space: moon planet rocket;
galaxy: stars planet moon; universe: stars planet moon; mars: planet desert moon; orbit: planet moon satellite;
spaceship: rocket; starship: rocket spaceship; spacecraft: rocket spaceship; shuttle: rocket airplane;
astronaut: spacesuit man; cosmonaut: spacesuit man; helicopter: airplane; jet: airplane;
drone: robot satellite airplane; android: robot; cyborg: robot; machine: robot computer; automaton: robot;
laptop: screen computer; monitor: screen; television: screen; tv: screen; display: screen; tablet: screen phone;
terminal: screen computer; keyboard: computer screen; server: servers computer screen; gpu: computer server screen;
hologram: screen; projector: screen lamp; whiteboard: screen poster; blackboard: classroom whiteboard screen;
chart: whiteboard screen poster; graph: whiteboard screen; equation: whiteboard screen book;
equations: whiteboard screen books; noise: static screen; pixel: screen; pixels: screen; code: screen;
text: letter book; paper: letter scroll book books; papers: letter books; document: letter scroll; notebook: book;
diary: book; magazine: book; newspaper: letter book; page: book; pages: books; photo: picture painting camera;
photograph: picture painting camera; image: picture painting screen; drawing: picture painting;
sketch: painting easel; canvas: easel painting; mural: painting; sculpture: statue; monument: statue;
lens: telescope camera; microscope: telescope; binoculars: telescope; torch: lantern lamp candle;
flashlight: lantern lamp; spotlight: lamp stage; light: lamp lantern; bulb: lamp; fire: campfire;
flame: campfire candle; smoke: fog cloud; steam: fog cloud; stove: campfire; dagger: sword; knife: sword;
blade: sword; spear: sword flag; axe: sword; bow: sword shield; gun: sword; staff: wand; spell: wand potion;
magic: wand potion; throne: chair crown; stool: chair bench; seat: chair bench; armchair: chair sofa; couch: sofa;
cupboard: door box; shelf: books library; shelves: books library; bookshelf: books library; gate: door castle;
stairs: door tower; ladder: tower; fence: bench field; mailbox: letter box; parcel: box; suitcase: bag;
backpack: bag; purse: bag; basket: bag box; bottle: potion cup; glass: cup window; mug: cup; tea: cup;
coffee: cup cafe; bread: cake; food: cake apple; pizza: cake; fruit: apple; orange: apple; rose: flower;
bouquet: flower; bush: plant tree; grass: field plant; leaf: tree plant; cactus: desert plant; oak: tree;
birch: tree; fir: pine tree; lion: cat wolf; tiger: cat wolf; kitten: cat; puppy: dog; bear: wolf dog;
deer: horse fox; cow: horse; sheep: dog rabbit; pig: dog; mouse: rabbit; rat: rabbit; monkey: cat;
elephant: horse whale; eagle: bird; raven: bird; crow: bird; duck: bird; parrot: bird owl; dolphin: fish whale;
shark: fish whale; octopus: fish whale; insect: butterfly; bee: butterfly; spider: butterfly; snake: dragon;
dinosaur: dragon; monster: dragon ghost; demon: dragon ghost; angel: ghost woman; unicorn: horse; alien: ufo robot;
fairy: girl butterfly; truck: car bus; van: car bus; taxi: car; lorry: bus car; tram: train bus; locomotive: train;
scooter: motorcycle bicycle; bike: bicycle; wagon: car box; yacht: boat ship; canoe: boat; raft: boat;
ferry: ship boat; submarine: ship whale; anchor: ship boat; flute: guitar; violin: guitar; drum: guitar piano;
trumpet: guitar; keyboardist: piano man; telephone: phone; smartphone: phone; watch: clock; calendar: clock poster;
ring: crown key; jewel: crystal crown; diamond: crystal; gold: treasure crown; coin: treasure; coins: treasure;
toy: ball robot; doll: girl; kite: balloon flag; banner: flag poster; physicist: scientist man woman;
chemist: scientist man woman; mathematician: scientist man woman; professor: scientist man teacher;
engineer: scientist man woman; researcher: scientist man woman person; programmer: engineer man woman person;
hacker: engineer man hoodie; inventor: scientist man; artist: painter man woman person; painter: man woman easel;
writer: man woman person; author: man woman person; poet: man woman person; singer: woman man microphone;
musician: man woman guitar; actor: man stage; actress: woman stage; dancer: woman stage; detective: man coat hat;
policeman: man; police: man; officer: man; soldier: man armour; warrior: man armour knight; knight: man armour;
samurai: man armour sword; pirate: man ship sailor; captain: man sailor; fisherman: man boat; farmer: man field;
cook: man woman person; chef: man woman person; waiter: man cafe; baker: man woman; doctor: man woman person;
nurse: woman; patient: man bed; pilot: man airplane; driver: man car; president: man suit; boss: man suit;
businessman: man suit; businesswoman: woman suit; lawyer: man suit; judge: man woman; manager: man woman suit;
king: man crown; queen: woman crown; prince: boy man crown; princess: girl woman crown; wizard: man wand;
witch: woman wand; sorcerer: man wand; monk: man cloak; priest: man cloak; thief: man cloak; hero: man cloak;
heroine: woman cloak; villain: man cloak; ghost: cloak; human: man woman person; people: man woman person;
crowd: people person man; audience: crowd people man; team: people man; family: people man woman; couple: man woman;
lady: woman; gentleman: man suit; guy: man; fellow: man; male: man; female: woman; mother: woman; mom: woman;
father: man; dad: man; son: boy; daughter: girl; brother: boy man; sister: girl woman; uncle: man; aunt: woman;
wife: woman; husband: man; grandpa: grandfather old man; grandma: grandmother old woman; grandfather: old man;
grandmother: old woman; child: boy girl; children: boy girl; kid: boy girl; kids: boys girls boy girl;
baby: child boy girl; toddler: child boy girl; teenager: boy girl young; teen: boy girl young;
student: boy girl young man; pupil: boy girl; elder: old man; elderly: old; ancient: old; youth: young;
jumper: sweater shirt; sweatshirt: hoodie shirt; pullover: sweater shirt; cardigan: sweater shirt; blouse: shirt;
tee: shirt; top: shirt; vest: jacket shirt; blazer: jacket suit; tuxedo: suit; uniform: suit jacket; tie: suit;
gown: dress; skirt: dress; robe: cloak dress; cape: cloak; tunic: shirt cloak; overalls: shirt; apron: shirt;
pajamas: shirt; kimono: cloak dress; scarf: sweater; gloves: coat; boots: coat; shoes: coat; raincoat: coat;
overcoat: coat; parka: coat; mask: helmet; goggles: glasses helmet; sunglasses: glasses; spectacles: glasses;
moustache: beard; mustache: beard; braid: ponytail long; braids: ponytail long; pigtails: ponytail long;
afro: curly; mohawk: spiky; fringe: bob short; crimson: red; scarlet: red; maroon: red brown; burgundy: red purple;
azure: blue; navy: blue; indigo: blue purple; turquoise: teal; cyan: teal; aqua: teal; lime: green; olive: green;
emerald: green; mint: green teal; golden: yellow; amber: orange yellow; beige: white brown; tan: brown;
ivory: white; cream: white; violet: purple; lavender: purple; magenta: pink purple; silver: grey;
charcoal: grey black; gray: grey; blonde: blond; ginger: red; auburn: red brown; brunette: brown; chestnut: brown;
morning: dawn day; sunrise: dawn; daybreak: dawn; noon: day; midday: day; afternoon: day sunset;
evening: sunset dusk; sundown: sunset; twilight: dusk sunset; nightfall: dusk night; midnight: night; dark: night;
rainy: rain; drizzle: rain; downpour: rain storm; thunder: storm; lightning: storm; hurricane: storm;
blizzard: snow; snowy: snow; frost: snow; mist: fog; misty: fog; haze: fog; sunny: day; cloudy: clouds;
overcast: cloudy; sitting: sits; seated: sitting; jogging: running; sprinting: running; strolling: walking;
marching: walking; gesturing: pointing waving; greeting: waving; cheering: waving; dancing: waving;
shouting: angry waving; yelling: angry; grinning: laughing smiling; joyful: happy smiling; furious: angry;
scared: worried; frightened: worried surprised; shocked: surprised; crying: sad; weeping: sad; tired: worried;
sleeping: asleep; thoughtful: thinking; studying: reading; gazing: looking; staring: looking; oil: watercolor;
sepia: retro; vintage: retro; cartoon: comic; anime: manga comic; sketchy: comic watercolor; painterly: watercolor;
photorealistic: comic; realistic: comic; gothic: noir; cyberpunk: bright comic; futuristic: bright comic;
monochrome: noir manga
"""


def table() -> dict[str, tuple[str, ...]]:
    """A writer's word → the words nearest to it in meaning."""
    out: dict[str, tuple[str, ...]] = {}
    for entry in " ".join(_TABLE.split()).split(";"):
        word, near = entry.split(":")
        out[word.strip()] = tuple(near.split())
    return out
