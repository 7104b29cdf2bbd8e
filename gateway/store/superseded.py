"""Readings that a newer row has replaced: what sinks and dead letters count of them from then on.

delivered        superseded: the newer row's are delivered in their place
dead             superseded: to offer it again would bring back what was replaced
not reached yet  delivered when its turn comes, and overwritten by the newer row after that
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, cast

import apsw

from gateway.model import Reading

if TYPE_CHECKING:
    from gateway.store.store import Store

Letters = dict[tuple[str, int], dict[int, int]]
"""Ids of dead letters by place, by (sink, row)."""


def letters_of(connection: apsw.Connection, seqs: Iterable[int]) -> Letters:
    """The dead letters of these rows."""
    found: Letters = {}
    query = "SELECT sink, seq, place, id FROM dead WHERE seq IN ({})"
    for sink, seq, place, row_id in connection.execute(query.format(",".join(map(str, seqs)))):
        places = found.setdefault((cast("str", sink), cast("int", seq)), {})
        places[cast("int", place)] = cast("int", row_id)
    return found


def still_refused(connection: apsw.Connection, seqs: Iterable[int]) -> set[int]:
    """Those of these rows that are kept as refused frames."""
    query = "SELECT seq FROM refused WHERE seq IN ({})".format(",".join(map(str, seqs)))
    return {cast("int", row[0]) for row in connection.execute(query)}


def supersede(store: "Store", old: Sequence[Reading], letters: Letters) -> None:
    """Count these readings, all of one row, as superseded from the open batch on; `store.settling` is held."""
    if not old:
        return
    seq, places = old[0].seq, {one.index for one in old}
    sinks = {*store.positions, *(sink for sink, row in letters if row == seq)}
    for name in sinks:
        position = store.positions.known(name)
        if position is None:
            continue
        of_row = letters.get((name, seq), {})
        dead = {row_id for place, row_id in of_row.items() if place in places} - store.leaving
        if dead:
            position.dead -= len(dead)
            position.superseded += len(dead)
            store.take_out(name, dead)
        if name in store.positions and position.has_passed(seq):
            moved = min(len(places) - len(dead), position.delivered)
            position.delivered -= moved
            position.superseded += moved
            store.positions.moved(name, now=True)
