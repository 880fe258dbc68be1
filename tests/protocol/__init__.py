"""The proof by exploration: every interleaving of small worlds, with the product's own fold.

How to use it:

    python -m tests.protocol                explore the large configurations to their ends
    python -m tests.protocol --before       show a shortest way to a broken promise for each rule that was new once
    python -m tests.protocol --only branch  those whose name holds a word

Exit code 1 if a promise breaks, with the shortest trace to it.

A world is a tuple (`world.py`): two or three runs of `apply`, one person with `resolve`, the server with its list,
the state at its place, the clones with their locks, journals and memories, and how often each fault may still happen.
The search (`search.py`) goes through every world that can be reached, nearest first. Whatever can happen between two
steps of a run does happen in some history: another run's steps, a kill, a word, time.

What is the product's own here: the fold (`State.after`), the events, `reconcile` and its candidates, `settled_from`,
and the plan (`make_plan`). What is mirrored, step by step, with the place that it mirrors named in each module: what
`apply`, the two stores and `resolve` do around them. A change there belongs here as well.

The promises (`promises.py`), judged from outside:

1. At most one create for a key is carried out, until a person says otherwise with evidence: a complete list without a
   match, and an attempt that is old enough. Words with the override are the person's own risk.
2. When nothing is going on, each id of ours is recorded, or a look at the complete list shows it beside an open doubt,
   or a reader is told first that its state is not the newest one.
3. No run ends with 0 while it leaves an id of its own unknown, a doubt open or a second record.

Time is counted in units, three of which are as long as the product waits before an attempt may be settled: a call
begins in the unit of its intent, or in the next after a slow write, and is carried out within one more.

What the model leaves out: two states for one org, a colleague in another clone at the very same moment, the instant
between the comparison of the file and the write of the intent, the text of files, threads of one run, and who it is
that acts. `tests/chaos` has real processes, real files and real git for that.
"""
