"""What is kept, decoded anew and written where it differs; without `apply` it only tells what would change.

Rows are taken by page, oldest first. What a page gives is one transaction: rows that amend others, frames that
were refused and are uplinks now, the counters and positions that follow, and the frame counters that were learned.
A run that ends early has done whole pages, and the next one finds nothing to do in them.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
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
from gateway.store.kept_rows import Kept, KeptRows
from gateway.store.store import Store
from gateway.store.superseded import letters_of, still_refused, supersede
from gateway.worker import Worker

TURN_ROWS = 50
"""Rows decoded before the event loop does something else: about 5 ms."""


class Asked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be decoded again."""

    device: str | None = None
    """Only this one; None for all."""
    since_ns: int
    """Received at this time or later."""
    until_ns: int = 1 << 62
    apply: bool = False
    delete: bool = False
    """Let databases forget what is not there any more."""


@dataclass(slots=True)
class Page:
    """What a page of rows gives."""

    amended: list[tuple[Kept, Difference]] = field(default_factory=list)
    recovered: list[Recovered] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Whether there is anything to write."""
        return bool(self.amended or self.recovered)


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
            if found and asked.apply:
                await self._write(found, shadow, asked, findings)
            yield rows.rows // 2 + min(looked // 2, rows.rows // 2), rows.rows
        rows.close()

    async def _page(
        self, page: list[Kept], shadow: Shadow, findings: Findings, asked: Asked
    ) -> Page:
        """What is to be written of a page; nothing is, here."""
        found = Page()
        for place, row in enumerate(page):
            if place % TURN_ROWS == 0:
                await asyncio.sleep(0)
            if not shadow.concerns(row):
                continue
            findings.looked += 1
            recovered = shadow.recovered(row)
            if recovered is not None:
                found.recovered.append(recovered)
                findings.recovered(recovered)
                continue
            difference = await shadow.difference(row)
            if difference is not None and difference.differs(row.outcome, delete=asked.delete):
                found.amended.append((row, difference))
                findings.amended(row, difference)
        return found

    async def _write(self, page: Page, shadow: Shadow, asked: Asked, findings: Findings) -> None:
        """Put a page on disk.

        Raises:
            StoreFull, Unavailable: it goes there with the next commit that succeeds, or was not begun.
        """
        store = self._store
        if store.full:
            raise StoreFull("the store is full: nothing more is decoded again until there is room")
        if asked.delete:
            # Before what replaces it is written: a database may take the new readings at any moment after.
            await self._forgetting.forget([difference for _, difference in page.amended])
        async with store.settling:
            holders = {row.holder for row, _ in page.amended}
            letters = await store.read(letters_of, holders)
            refused = await store.read(still_refused, {one.seq for one in page.recovered})
            # From here to the commit nothing is awaited: all of it is in one batch.
            for row, difference in page.amended:
                amend(
                    store, row.seq, row.record, row.outcome, difference.outcome,
                    difference.readings, difference.sentence, _received(row),
                )  # fmt: skip
                supersede(store, row.data, letters)
                if asked.delete and difference.to_delete():
                    store.forget((*row.data, *row.remains))
            for one in page.recovered:
                if one.seq in refused and store.waits_for_search(one.seq):
                    shadow.write(one)
            shadow.flush()
            await store.commit()
        findings.written += len(page.amended) + len(page.recovered)


def _received(row: Kept) -> Any:
    """When the row was received: query finds it by that."""
    return row.record.heard.received
