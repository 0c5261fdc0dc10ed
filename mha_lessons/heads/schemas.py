"""Pairs of sentences in which one word decides what the pronoun means, in the manner of Winograd (1972).

Only knowledge of the world tells "too wide" from "too narrow". The sentences are our own. In each pair one
answer is the first name and the other the second, so "nearest" and "first" are right exactly half of the
time; and a head that looks back only, from a pronoun that stands before the deciding word, sees the same in
both.
"""

from mha_lessons.heads.referent import Question, marked

PAIRS = (
    ("[The box] did not fit on [the shelf] because {it} was too $.", "wide", "narrow"),
    ("[The spoon] scratched [the pan] because {it} was $.", "sharp", "soft"),
    ("[The truck] overtook [the bus] because {it} was going so $.", "fast", "slowly"),
    ("[The nurse] thanked [the cook] because {he} had been $.", "helped", "helpful"),
    ("[The sweater] tore on [the nail] because {it} was so $.", "thin", "sharp"),
    ("[The father] could carry [the boy] because {he} was so $.", "strong", "small"),
    ("[The cat] lost sight of [the mouse] because {it} was $.", "nearly blind", "well hidden"),
    ("[The bottle] leaked into [the bag], so now {it} is $.", "empty", "wet"),
    ("[The coach] praised [the runner] because {she} was $.", "pleased", "fast"),
    ("[The guard] chased [the thief], but {he} was too $.", "slow", "quick"),
    ("[The rope] could not hold [the boat] because {it} was too $.", "weak", "heavy"),
    ("We poured [the soup] into [the bowl] until {it} was $.", "gone", "full"),
    ("[The painter] sold [the banker] a picture because {he} needed $.", "money", "a present"),
    ("[The key] did not turn in [the lock] because {it} was $.", "bent", "frozen"),
    ("[The hawk] did not catch [the rabbit] because {it} was too $.", "clumsy", "nimble"),
    ("[The doctor] called [the patient] because {she} had $.", "found the cause", "missed her appointment"),
    ("[The tree] fell on [the shed], and {it} had to be $.", "sawn up", "rebuilt"),
    ("[The singer] had to wait for [the driver] because {he} was $.", "early", "late"),
    ("[The guest] apologised to [the host] because {she} had been $.", "rude", "offended"),
    ("[The knife] could not cut [the bread] because {it} was too $.", "blunt", "hard"),
    ("[The uncle] lent money to [the nephew] because {he} was $.", "rich", "poor"),
    ("[The lamp] did not light [the hall] because {it} was too $.", "weak", "large"),
    ("[The student] copied from [the neighbour] because {he} was $.", "lazy", "clever"),
    ("[The wind] blew down [the tent] because {it} was so $.", "strong", "light"),
    ("[The baker] envied [the tailor] because {he} earned so $.", "little", "much"),
    ("[The crane] could not lift [the statue] because {it} was too $.", "weak", "heavy"),
    ("[The cake] did not go into [the oven] because {it} was too $.", "tall", "low"),
    ("[The aunt] visited [the niece] in hospital although {she} was too $.", "busy", "ill"),
    ("[The ball] broke [the window] because {it} was made of $.", "lead", "glass"),
    ("[The fisherman] pulled [the swimmer] ashore before {he} $.", "went home", "drowned"),
    ("[The judge] did not believe [the suspect] because {he} had $.", "seen the video", "lied before"),
    ("[The fire] spread to [the barn] because {it} was so $.", "fierce", "dry"),
    ("[The river] flooded [the meadow] because {it} was so $.", "swollen", "low-lying"),
    ("[The mother] put [the girl] to bed because {she} wanted to $.", "work in peace", "hear a story there"),
    ("[The actor] followed [the director] because {he} wanted $.", "a part", "company"),
    ("[The arrow] missed [the target] because {it} was $.", "bent", "moved aside"),
    ("[The van] could not pass under [the bridge] because {it} was too $.", "tall", "low"),
    ("[The librarian] fined [the reader] because {she} had to be $.", "strict", "punished"),
    ("[The paint] would not stick to [the wall] because {it} was too $.", "thin", "damp"),
    ("[The moth] got out of [the jar] because {it} was $.", "small", "open"),
)


def winograd_pairs() -> list[Question]:
    """80 questions, 2 of each pair; a pair is a group.

    >>> one, other = winograd_pairs()[:2]
    >>> one.text, one.right
    ('The box did not fit on the shelf because it was too wide.', 0)
    >>> other.text, other.right
    ('The box did not fit on the shelf because it was too narrow.', 1)
    """
    return [
        marked(frame.replace("$", word), right, frame)
        for frame, *words in PAIRS
        for right, word in enumerate(words)
    ]
