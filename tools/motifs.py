"""Which picture goes with which product: whole words of the product's name, never of the brand.

A motif is a code point of the Fluent set, or ``drawn:name`` for one of ours; ``~h,s,v`` after it
turns the hue by degrees and scales saturation and brightness; ``,fruit`` at its end spares the
green stem, and ``,body`` the top. The first rule that holds decides.
"""

import re

GREEN_CHILLI = "1f336~125,0.75,0.8,fruit"
LIME = "1f34b~45,1,0.9"
FISH = "1f41f~6,0.55,1.02"
OIL_DROP = "1f4a7~-165,1.05,1"
SUGAR = "drawn:sugar"
CHICKPEAS = "drawn:chickpeas"
CASHEWS = "1fad8~28,0.5,1.8"
RED_PEPPER = "1fad1=2,1.25,1.2,body"
YELLOW_PEPPER = "1fad1=44,1.6,1.8,body"

# Rules of one shelf, before the rules for all.
BY_SHELF: dict[str, str] = {
    "ice-cream": """
        cheesecake 1f370 | pistachio 1f368 | cookies 1f36a | vanilla 1f366 | chocolate 1f36b
        strawberry 1f353 | lemon 1f34b | mango 1f96d""",
    "frozen-vegetables": "mixed+carrots 1f955 | mixed 1f966 | beans 1fadb | sprouts 1f96c",
    "frozen-bites": "garlic+bread 1f956 | wedges 1f35f | rolls 1f962 | nuggets 1f357",
    "poultry": """
        breast drawn:chicken | thighs 1f357 | drumsticks 1f357 | wings 1f357 | chicken 1f357""",
    "beef-lamb": "ground drawn:beef_mince | minced drawn:beef_mince | mutton 1f356 | steak 1f969",
    "pork": "ground drawn:pork_mince | fillet drawn:pork | chop 1f969~0,0.62,1.12",
    "bacon-ham": """
        bacon 1f953 | sausages drawn:sausages | ham drawn:ham | salami drawn:salami
        chorizo drawn:chorizo""",
    "fish": """
        salmon drawn:salmon | haddock drawn:whitefish | pollock drawn:whitefish | mackerel FISH""",
    "shellfish": """
        prawns 1f990 | shrimp 1f990 | mussels drawn:mussels | oysters 1f9aa | squid 1f991
        crab 1f980""",
    "prepared-fish": """
        salmon drawn:salmon | trout drawn:trout | tuna FISH | sardines FISH | fish FISH""",
    "milk": "organic 1f404 | lactose 1f95b | whole 1f404 | milk 1f95b",
    "butter": "butter 1f9c8",
    "cheese": "butter 1f9c8 | * 1f9c0",
    "cream": "whipping 1f95b | cooking drawn:dollop | sour drawn:dollop | * drawn:dollop",
    "yogurt": "strawberry 1f353 | mango 1f96d | vanilla 1f33c | fruit 1f352 | * drawn:dollop",
    "cakes": """
        chocolate 1f370~12,0.9,0.72 | carrot 1f955 | fruit 1f353 | cheesecake 1f370
        * 1f382""",
    "bakery-biscuits": "butter 1f9c8 | * 1f36a",
    "biscuits": "coconut 1f965 | butter 1f9c8 | pistachio 1f36a | * 1f36a",
    "pasta": "* 1f35d",
    "juices": "carrot 1f955 | mango 1f96d | orange 1f34a | apple 1f34e | pineapple 1f34d | * 1f9c3",
    "water": """
        lemon 1f34b | lime 1f34b | sparkling 1fae7 | mineral 1fae7 | mountain 1f3d4
        * 1f4a7""",
    "soft-drinks": "orange 1f34a | lemonade 1f34b | lime LIME | ginger 1fada | * 1f964",
    "energy-drinks": "tropical 1f34d | citrus 1f34b | berry 1fad0 | * 26a1",
    "coffee": "* 2615",
    "tea": "peppermint 1f33f | green 1f375 | breakfast 1fad6 | * 1f375",
    "crisps": "onion 1f9c5 | jalapeño GREEN_CHILLI | * 1f954",
    "vitamins": "vitamin+c 1f34a | calcium 1f9b4 | * 1f48a",
    "laundry": "dish 1fae7 | softener 1f338 | dishwashing 1f37d | dishwasher 1f37d | * 1f455",
    "sauces": """
        tomato 1f345 | ketchup 1f345 | pesto 1f33f | mayonnaise 1f95a | soy 1f962 | bbq 1f525
        teriyaki 1f962""",
    "sweets": """
        gummies 1f9f8 | jelly 1f36c | lollipops 1f36d | mint 1f36c~120,0.8,1 | * 1f36b""",
    "toiletries": """
        shampoo 1f9f4 | wash 1f6bf | shower 1f6bf | toothpaste 1faa5 | soap 1f9fc
        deodorant 1f33c""",
    "eggs": "white 1f95a~0,0.1,1.12 | * 1f95a",
    "pastries": """
        plain+muffin drawn:plain_muffin | blueberry drawn:blueberry_muffin
        banana drawn:banana_muffin | chocolate+muffin drawn:chocolate_muffin
        glazed+donut 1f369~-35,0.75,1.5 | donut 1f369 | croissant 1f950 | pie 1f967""",
    "bread": """
        baguette 1f956 | bagel 1f96f | pretzel 1f968 | flatbread 1fad3
        brown 1f35e~-6,1.1,0.72 | grain 1f35e~-3,1.05,0.86 | brioche 1f35e~4,1.15,1.04
        sourdough 1f35e~-8,0.8,0.9 | * 1f35e""",
    "tins": """
        tomatoes 1f345 | tuna FISH | beans drawn:kidney_beans | sweetcorn 1f33d
        chickpeas CHICKPEAS""",
    "rice": "sushi 1f363 | wild drawn:wild_rice | brown drawn:brown_rice | * 1f35a",
    "loose-grains": """
        brown+rice drawn:brown_rice | rice drawn:white_rice | red+lentils drawn:red_lentils
        yellow+lentils drawn:yellow_lentils | green+lentils drawn:green_lentils
        beans drawn:kidney_beans | wheat drawn:wheat""",
    "spices": """
        black 1f9c2~0,0.4,0.55 | paprika RED_PEPPER | chili 1f336 | oregano 1f33f
        turmeric 1fada~14,1.5,1.1 | cumin drawn:cumin | cinnamon drawn:cinnamon
        saffron 1f337~-52,0.9,1""",
    "cleaning": "floor 1faa3 | multi-surface 1f9fd | multi 1f9fd | disinfectant 1fae7 | * 2728",
    "hygiene": "sanitizer 1f9f4 | pads 1f338 | wipes drawn:wipe",
    "nuts": """
        peanuts 1f95c | cashews CASHEWS | almonds drawn:almonds | chestnuts 1f330""",
    "herbs": """
        basil 1f33f~12,1,0.82 | mint 1f33f~28,0.9,0.86
        parsley drawn:parsley | coriander drawn:coriander
        rosemary 1f33f~30,0.55,0.82 | thyme 1f33f~8,0.7,0.9 | dill 1f33f""",
}  # fmt: skip

FOR_ALL = """
    avocado 1f951 | avocados 1f951
    olive 1fad2 | olives 1fad2 | sunflower 1f33b | rapeseed 1f33c~-15,1,1 | sesame OIL_DROP
    vegetable+oil OIL_DROP
    chickpeas CHICKPEAS | fish FISH | omega FISH
    red+lentils drawn:red_lentils | sugar SUGAR | flour 1f33e | oats 1f33e
    quinoa drawn:quinoa
    samosas 1f95f | burgers 1f354 | pizza 1f355 | spaghetti 1f35d | lasagne 1f958 | curry 1f35b
    masala 1f35b | popcorn 1f37f | pretzels 1f968 | pretzel 1f968 | corn 1f33d | sweetcorn 1f33d
    rosemary 1f33f | chocolate 1f36b
    green+apples 1f34f | apples 1f34e | pears 1f350 | oranges 1f34a | mandarins 1f34a~-6,1.1,1
    lemons 1f34b | limes LIME | bananas 1f34c | mangoes 1f96d | peaches 1f351 | cherries 1f352
    strawberries 1f353 | blueberries 1fad0 | green+grapes 1f347~-165,0.8,1.35,fruit | grapes 1f347
    watermelon 1f349 | melon 1f348 | pineapple 1f34d | coconut 1f965 | kiwi 1f95d
    tomatoes 1f345 | red+onions 1f9c5~-62,1.2,0.78 | onions 1f9c5 | garlic 1f9c4 | ginger 1fada
    sweet+potatoes 1f360 | potatoes 1f954 | carrots 1f955 | cucumbers 1f952 | aubergines 1f346
    red+peppers RED_PEPPER | yellow+peppers YELLOW_PEPPER | peppers 1fad1
    red+chillies 1f336 | chillies GREEN_CHILLI | broccoli 1f966 | peas 1fadb
    greens 1f96c | spinach 1f96c~6,1.1,0.8 | lettuce 1f96c | mushrooms drawn:mushrooms
    sponges 1f9fd | foil drawn:foil | film drawn:film | gloves 1f9e4 | toilet 1f9fb | roll 1f9fb
    towels 1f9fb | tissues drawn:wipe | napkins 1f374
    chamomile 1f33c | lavender 1fabb | turmeric 1fada~14,1.5,1.1
"""
_NAMED = {
    "GREEN_CHILLI": GREEN_CHILLI, "LIME": LIME, "OIL_DROP": OIL_DROP, "SUGAR": SUGAR,
    "CHICKPEAS": CHICKPEAS, "FISH": FISH, "CASHEWS": CASHEWS, "RED_PEPPER": RED_PEPPER,
    "YELLOW_PEPPER": YELLOW_PEPPER,
}  # fmt: skip

# Shown without a pack; how many pieces lie together.
BARE = {
    "loose-fruit": 1, "packed-fruit": 3, "loose-vegetables": 1, "packed-vegetables": 3,
    "eggs": 3, "bread": 1, "pastries": 1, "paper": 1, "nuts": 3,
}  # fmt: skip
# Loose goods on these shelves come on a tray.
ON_TRAYS = ("poultry", "beef-lamb", "fish", "shellfish")
# A small picture beside the large one.
BESIDE = {
    "Almond Croissant": "drawn:almonds", "Pistachio Croissant": "drawn:pistachios",
    "Blueberry Muffin": "1fad0", "Banana Muffin": "1f34c", "Cherry Pie Slice": "1f352",
    "Chocolate Donut": "1f36b", "Butter Croissant": "1f9c8",
}  # fmt: skip
SEVERAL = {"Mixed Bell Peppers": ("1fad1", YELLOW_PEPPER, RED_PEPPER)}
NOT_BARE = ("tissues", "napkins", "kitchen", "towels")
ALONE = ("head", "bunch", "loaf", "baguette", "1 piece")

DEPARTMENTS = {
    "fruit": "1f34e", "vegetables": "1f96c", "dairy-eggs": "1f95b", "bakery": "1f956",
    "meat-fish": "1f357", "pantry": "1f35d", "snacks": "1f36a", "drinks": "1f9c3",
    "frozen": "1f368", "home-care": "1f9f4",
}  # fmt: skip


def motif_of(name: str, shelf: str) -> str | None:
    """The motif of a product by its name without the brand, or None."""
    words = set(re.findall(r"[^\W\d_]+", name.lower()))
    for rules in (BY_SHELF.get(shelf, ""), FOR_ALL):
        for wanted, motif in _parsed(rules):
            if wanted == {"*"} or wanted <= words:
                return _NAMED.get(motif, motif)
    return None


def _parsed(rules: str) -> list[tuple[set[str], str]]:
    pairs = [pair.split() for pair in re.split(r"[|\n]", rules) if pair.strip()]
    return [(set(wanted.split("+")), motif) for wanted, motif in pairs]
