"""Sentences of our own with a pronoun and two names, one of which fits its gender.

Each frame comes with either name first and with either pronoun, so that "take the nearest" and "take the
first" are right exactly half of the time: what a head has above 0.5 is not a matter of place.
"""

from mha_lessons.heads.referent import Question, marked

FRAMES = (
    "[1] met [2] at the station because {he} had lost the map.",
    "[1] wrote [2] a letter after {he} came home.",
    "[1] told [2] about the dream that {he} had last night.",
    "[1] and [2] were cooking when {he} heard a noise.",
    "[1] sat beside [2] in the theatre until {he} fell asleep.",
    "[1] sold [2] the bicycle that {he} no longer wanted.",
    "When [1] danced with [2], {he} laughed all evening.",
    "[1] waited for [2] in the rain, and then {he} went home alone.",
    "[1] showed [2] the garden, and the neighbours greeted {him} warmly.",
    "After [1] had spoken to [2], the teacher thanked {him} twice.",
    "[1] walked past [2] without a word, which surprised {him} a little.",
    "[1] phoned [2] while the children were waiting for {him} at school.",
    "[1] helped [2] to find the keys in {his} coat.",
    "[1] asked [2] for advice, but nobody knew {his} address.",
    "[1] travelled with [2] to the coast to see {his} parents.",
    "[1] played chess with [2] in the kitchen of {his} sister.",
)
NAMES = ((("John", "Mary"), ("David", "Sarah")), (("Peter", "Anna"), ("Paul", "Emma")))
"""A man's and a woman's name; the pairs of the even frames, and those of the odd ones."""
HER = {"{he}": "{she}", "{him}": "{her}", "{his}": "{her}"}


def pronoun_templates() -> list[Question]:
    """128 questions, 8 of each frame; a frame is a group.

    >>> question = pronoun_templates()[1]
    >>> question.text, question.right
    ('John met Mary at the station because she had lost the map.', 1)
    """
    questions = []
    for number, frame in enumerate(FRAMES):
        for man, woman in NAMES[number % 2]:
            for names in ((man, woman), (woman, man)):
                for meant in (man, woman):
                    text = frame.replace("1", names[0]).replace("2", names[1])
                    if meant == woman:
                        for his, her in HER.items():
                            text = text.replace(his, her)
                    questions.append(marked(text, names.index(meant), frame))
    return questions
