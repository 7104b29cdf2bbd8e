"""What is kept, decoded anew and written where it differs; without `apply` it only tells what would change.

Rows are taken by page, oldest first. What some of them give is one transaction: rows that amend others, frames
that were refused and are uplinks now, the counters and positions that follow, and the frame counters that were
learned. A run that ends early has done whole transactions, and the next one finds nothing to do in those rows.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from gateway.changes.findings import Findings
from gateway.changes.forgetting import Forgetting
from gateway.changes.recovered import Recovered
from gateway.changes.shadow import Parts, Shadow
from gateway.errors import StoreFull, Unavailable
from gateway.journal import Journal
from gateway.pipeline.amended import amend
from gateway.pipeline.readings import LINK
from gateway.pipeline.redecode import Difference
from gateway.store import recovery
from gateway.store.connection import open_reader
from gateway.store.dead_letters import Number
from gateway.store.kept_rows import Kept, KeptRows
from gateway.store.store import Store
from gateway.store.superseded import Letters, letters_of, still_refused, supersede
from gateway.worker import Worker

TURN_ROWS = 20
"""Rows decoded before the event loop does something else: some 3 ms."""
WRITTEN_AT_ONCE = 200
"""Rows in one transaction: about 10 ms of the event loop, in which ingest waits."""


class Asked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be decoded again."""

    device: str | None = None
    """Only this one; None for all."""
    since_ns: Number
    """Received at this time or later."""
    until_ns: Number = 1 << 62
    apply: bool = False
    delete: bool = False
    """Let databases forget what is not there any more."""


Amended = tuple[Kept, Difference]
"""A row, and what it gives now."""


class Redecode:
    """The change, for one store."""

    def __init__(self, store: Store, parts: Parts, forgetting: Forgetting) -> None:
        self._store = store
        self._parts = parts
        self._forgetting = forgetting
        self._journal = Journal("redecode")

    async def run(self, arguments: Mapping[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
        """Decode again; the result is `Findings.document`.

        Raises:
            Unavailable: the arguments are not understood, the device is not known, or the store cannot be read.
            StoreFull: there is no room for what is new; what is done stays done.
        """
        try:
            asked = msgspec.convert(arguments, Asked)
        except msgspec.ValidationError as error:
            raise Unavailable(f"that cannot be decoded again: {error}") from error
        self._forgetting.begin()
        if asked.delete and asked.apply:
            await self._forgetting.ready(self._store)
        states = await self._store.read(recovery.sessions)
        shadow = Shadow(self._store, self._parts, asked.device, states)
        findings = Findings(apply=asked.apply)
        thread = Worker("redecode")
        try:
            async for step in self._pages(asked, shadow, findings, thread):
                yield {"progress": step}
        finally:
            thread.stop()
            self._forgetting.close()
            self._parts.decoder.close()
        if asked.apply:
            self._journal.warning("redecoded", device=asked.device or "all", **findings.counts())
        yield findings.document() | {
            "deleted": self._forgetting.document() if asked.delete else None
        }

    async def _pages(
        self, asked: Asked, shadow: Shadow, findings: Findings, thread: Worker
    ) -> AsyncGenerator[tuple[int, int], None]:
        path = self._store.path
        rows = await thread.call(
            lambda: KeptRows(open_reader(path), LINK, asked.since_ns, asked.until_ns)
        )
        ahead, pages, looked = rows.look_ahead(), rows.pages(), 0
        while (seen := await thread.call(next, ahead, None)) is not None:
            yield seen // 2, rows.rows
        while (page := await thread.call(next, pages, None)) is not None:
            looked += len(page)
            found = await self._page(page, shadow, findings, asked)
            for start in range(0, len(found) if asked.apply else 0, WRITTEN_AT_ONCE):
                await self._write(found[start : start + WRITTEN_AT_ONCE], shadow, asked, findings)
            yield rows.rows // 2 + min(looked // 2, rows.rows // 2), rows.rows
        rows.close()

    async def _page(
        self, page: list[Kept], shadow: Shadow, findings: Findings, asked: Asked
    ) -> list[Amended | Recovered]:
        """What is to be written of a page, in the order of its rows; nothing is, here."""
        found: list[Amended | Recovered] = []
        for place, row in enumerate(page):
            if place % TURN_ROWS == 0:
                await asyncio.sleep(0)
            if not shadow.concerns(row):
                continue
            findings.looked += 1
            recovered = shadow.recovered(row)
            if recovered is not None:
                found.append(recovered)
                findings.recovered(recovered)
                continue
            difference = await shadow.difference(row)
            if difference is not None and difference.differs(row.outcome, delete=asked.delete):
                found.append((row, difference))
                findings.amended(row, difference)
        return found

    async def _write(
        self,
        found: list[Amended | Recovered],
        shadow: Shadow,
        asked: Asked,
        findings: Findings,
    ) -> None:
        """Put some of a page on disk, in one transaction.

        Raises:
            StoreFull, Unavailable: it goes there with the next commit that succeeds, or was not begun.
        """
        store = self._store
        if store.full:
            raise StoreFull("the store is full: nothing more is decoded again until there is room")
        amended = [one for one in found if not isinstance(one, Recovered)]
        recovered = [one for one in found if isinstance(one, Recovered)]
        if asked.delete:
            # Before what replaces it is written: a database may take the new readings at any moment after.
            await self._forgetting.forget([difference for _, difference in amended])
        async with store.settling:
            letters = await store.read(letters_of, {row.holder for row, _ in amended})
            refused = await store.read(still_refused, {one.seq for one in recovered})
            # From here to the commit nothing is awaited: all of it is in one batch.
            for one in found:
                if not isinstance(one, Recovered):
                    self._amend(*one, letters, delete=asked.delete)
                elif one.seq in refused and store.waits_for_search(one.seq):
                    shadow.write(one)
            shadow.flush()
            await store.commit()
        findings.written += len(found)

    def _amend(self, row: Kept, difference: Difference, letters: Letters, *, delete: bool) -> None:
        """Put the row that replaces another one's readings into the open batch, and all that follows from it."""
        store = self._store
        amend(
            store, row.seq, row.record, row.outcome, difference.outcome,
            difference.readings, difference.sentence, row.record.heard.received,
        )  # fmt: skip
        supersede(store, row.data, letters)
        if delete and difference.to_delete():
            store.forget((*row.data, *row.remains))
