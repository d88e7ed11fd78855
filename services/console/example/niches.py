"""Words of the generated niches: hashtags, topics, sentences. Nothing here is anybody's post."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Niche:
    """One niche: its hashtags (the brief asks for the first two of its own), its sentences and its small talk."""

    key: str
    hashtags: tuple[str, ...]
    posts: tuple[str, ...]
    comments: tuple[str, ...]
    bios: tuple[str, ...]


BRAND = "Fellside Shoes"
ASKED = "trail"
GENERIC_COMMENTS = (
    "Nice!",
    "🔥🔥🔥",
    "Love this",
    "Amazing post",
    "Great content, follow back",
    "😍",
    "Wow",
    "So cool",
)
ENTRY_COMMENTS = ("Entered! Good luck everyone", "Done, tagged two friends", "Pick me please", "Shared and followed")

NICHES = (
    Niche(
        "trail",
        ("trailrunning", "fellrunning", "mountainrunning", "runwild", "ultratraining"),
        (
            "Muddy ridge loop before work, {n} km and every one of them uphill somehow",
            "Tested my new grip on the wet limestone descent above the reservoir",
            "Long run day: {n} km of singletrack, two gels, one lost glove",
            "Hill repeats on the fell until the fog ate the summit cairn",
            "How I train downhill: short steps, eyes three metres ahead, arms loose",
            "Ultra in {n} weeks. Back to back long runs and a lot of porridge",
            "Recce of the race route, the bog section is as deep as last year",
            "Night run with a head torch, owls louder than my breathing",
            "What I carry on a mountain run of {n} km: shell, foil, map, whistle",
            "Easy recovery trail through the woods, heart rate finally behaving",
        ),
        (
            "That descent looks wild, how do your ankles cope on wet rock?",
            "Which shoes did you wear on the ridge? Mine slip on limestone",
            "I ran that fell on Sunday, the bog nearly kept my left shoe",
            "Great splits for so much climbing, what does your long run week look like?",
            "Is the path above the reservoir open again after the storm?",
            "Your downhill tip worked, I took a minute off my local loop",
            "See you at the start line, I am doing the short course this time",
        ),
        ("Fell runner and slow ultra finisher", "Trail miles, maps and muddy shoes", "Running up hills since 2015"),
    ),
    Niche(
        "baking",
        ("veganbaking", "plantbased", "sourdough", "bakingday", "eggfree"),
        (
            "Aquafaba meringue, attempt {n}, finally holds its peaks",
            "Sourdough at 78 % hydration, proofed overnight in a cold kitchen",
            "Egg free lemon cake with oat curd, recipe below",
            "My starter is called Gordon and he doubled in {n} hours",
            "Swapped butter for cocoa butter in the brioche, here is what changed",
            "Cardamom buns for the neighbours, all gone by noon",
            "Rye loaf with {n} g of seeds, crust like a drum",
            "How long do you autolyse? I tried three times side by side",
        ),
        (
            "Does the aquafaba work with brown sugar too?",
            "My loaf spreads flat at that hydration, do you fold more often?",
            "What flour do you use for the buns? Mine dry out by evening",
            "Made your lemon cake, the oat curd is a discovery",
            "How warm is your kitchen when you proof overnight?",
        ),
        ("Plant based baker", "Bread, buns and a moody starter", "Vegan cakes from a tiny oven"),
    ),
    Niche(
        "games",
        ("indiegame", "gamedev", "pixelart", "screenshotsaturday", "solodev"),
        (
            "Reworked the jump arc, {n} frames of coyote time feel right now",
            "Pixel lighting pass on the harbour level, before and after",
            "Wrote a save system that survives pulling the plug",
            "Playtest {n}: nobody found the secret door, everybody found the bug",
            "Shader for wind in tall grass, costs almost nothing",
            "Devlog: why I cut the second weapon and do not miss it",
            "Tileset of the night: rooftops, gutters, one cat",
            "Steam page is up, {n} wishlists in a day",
        ),
        (
            "How do you sort the sprites by depth in that scene?",
            "The grass shader is lovely, does it batch?",
            "Coyote time makes such a difference, how many frames on the ledge grab?",
            "Would play a demo of that harbour level today",
            "Did the save system slow down your autosave?",
        ),
        ("Solo developer of small strange games", "Pixels and coffee", "Making a platformer since forever"),
    ),
    Niche(
        "plants",
        ("houseplants", "urbanjungle", "plantcare", "monstera", "propagation"),
        (
            "New leaf on the monstera, {n} holes, I counted twice",
            "Propagation shelf update: roots on every cutting",
            "Repotting day, the calathea only sulked for an hour",
            "Bottom watering changed everything for my ferns",
            "Light meter says {n} lux in that corner, no wonder it stretched",
            "Neem and patience: the thrips are gone",
            "String of hearts in a semi hydro pot, week {n}",
            "Winter care: less water, more light, no panic",
        ),
        (
            "How often do you water the calathea in winter?",
            "My cuttings rot before they root, what do you use?",
            "Is that the tall monstera you had on the shelf last year?",
            "Which lamp is that above the propagation shelf?",
            "Thrips were the end of my alocasia, well done",
        ),
        ("Too many plants", "Leaves, light and patience", "Growing a jungle on the third floor"),
    ),
)
ASIDES = (
    "Rain again today, staying in with tea",
    "Train was late so I read half a novel",
    "Finally cleaned my desk",
    "Sunday market haul",
    "My sister's dog says hello",
)
BRAND_POSTS = (
    "Second winter in my Fellside Shoes and the lugs still bite, bought them myself",
    "Wore the Fellside Shoes on the wet descent again, no slip, no blister",
    "People ask: yes, these are still my old Fellside Shoes",
)
