# SPDX-License-Identifier: GPL-2.0-or-later
"""
Visits every state that a world can reach, nearest first.

A world has initial() -> state, steps(state) -> (what happened, state) pairs, and broken(state) ->
the name of a property that does not hold there, or None. States are hashable. Steps may come in any
order between the agents; what two orders have in common is one state and is visited once.
"""

from collections import deque


class Found(Exception):
    """A property does not hold: its name, and the steps that lead there."""

    def __init__(self, name, trace):
        super().__init__(name)
        self.name, self.trace = name, trace


class TooMany(Exception):
    """More states than the bound: nothing was shown."""


def explore(world, most=2_000_000):
    """The number of states, all of which keep all properties; or Found."""
    first = world.initial()
    came = {first: None}
    queue = deque([first])
    while queue:
        state = queue.popleft()
        for what, following in world.steps(state):
            if following in came:
                continue
            came[following] = (state, what)
            name = world.broken(following)
            if name:
                raise Found(name, _trace(came, following))
            if len(came) > most:
                raise TooMany(f"more than {most} states")
            queue.append(following)
    return len(came)


def _trace(came, state):
    steps = []
    while came[state]:
        state, what = came[state]
        steps.append(what)
    return steps[::-1]
