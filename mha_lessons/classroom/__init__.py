"""A course for nbgrader whose grades can be trusted.

nbgrader makes, releases and collects assignments, and keeps the gradebook. What it does with answers is done
here instead: each notebook is looked at before anything runs, runs in a sandbox of its own, and hands over
data that is judged outside, on numbers drawn after it was handed in.

    course, collecting                   the folder of a course; what students put into the exchange
    plain_files, submission, handed_in   what was handed in, looked at and put right
    limits, usage, watcher               what a notebook may use, what it uses, who ends it
    sandbox: inside, kernel, stand_in    where it runs, and what is there
    handed_over, grading, result         what comes out, judged: a pure function from job to result
    marking, ledger, alone               an assignment: each notebook once, resumed, by one grader
    gradebook, grades, writer, feedback  what nbgrader keeps and writes; the table for the teacher
"""
