"""Dead letters offered to their sink once more, or given up for good.

Retried letters are offered in the order in which they were refused, beside what the sink is delivering at the
time, by a worker of their own: what is refused again blows no fuse and stops no delivery. A letter is dead until
its sink has taken it and that is on disk, so a kill at any moment costs at most that it is offered again.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any

import msgspec

from gateway.errors import Blocked, StoreFull, Unavailable
from gateway.journal import Journal
from gateway.model import Verdict
from gateway.ports import Sink
from gateway.store import dead_letters
from gateway.store.dead_letters import DeadLetter, Wanted
from gateway.store.store import Store
from gateway.worker import Worker

RETRIED_AT_ONCE = 100
"""Letters in one batch: when every one is refused alone, that is some 200 requests."""
DROPPED_AT_ONCE = 1000

SinkMaker = Callable[[str], Sink | None]
"""A worker of its own for the sink of this name; None when none is configured."""


class DeadLetters:
    """The changes that people make to dead letters."""

    def __init__(self, store: Store, make_sink: SinkMaker) -> None:
        self._store = store
        self._make_sink = make_sink
        self._journal = Journal("dead_letters")

    async def retry(self, arguments: Mapping[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
        """Offer letters to their sinks again.

        The result has, per sink: `accepted`, `expired`, `refused_again`, `not_decided` (still dead, the sink
        did not say) and `why` it ended early, or None.

        Raises:
            Unavailable: the arguments are not understood, or the store cannot be read.
        """
        wanted = wanted_of(arguments)
        of, newest = await self._store.read(dead_letters.count, wanted)
        wanted = msgspec.structs.replace(wanted, newest_id=min(newest, wanted.newest_id))
        done, results = 0, dict[str, dict[str, Any]]()
        for name in await self._store.read(dead_letters.sinks, wanted):
            attempt = Attempt(self._store, name, msgspec.structs.replace(wanted, sink=name))
            results[name] = attempt.result
            async for step in attempt.run(self._make_sink):
                done += step
                yield {"progress": [done, of]}
            self._journal.info("retried", sink=name, **attempt.result)
        yield {"asked": of, "sinks": results}

    async def drop(self, arguments: Mapping[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
        """Delete letters; they count as dropped. The result has `dropped` and how many were asked for.

        Raises:
            Unavailable: the arguments are not understood, or the store cannot be used.
            StoreFull: the disk refuses; what is not dropped yet stays.
        """
        wanted = wanted_of(arguments)
        store = self._store
        of, newest = await store.read(dead_letters.count, wanted)
        wanted = msgspec.structs.replace(wanted, newest_id=min(newest, wanted.newest_id))
        dropped: dict[str, int] = {}
        for name in await store.read(dead_letters.sinks, wanted):
            of_sink, after = msgspec.structs.replace(wanted, sink=name), 0
            while ids := await store.read(dead_letters.ids, of_sink, after, DROPPED_AT_ONCE):
                after = ids[-1]
                gone = await dead_letters.settle(store, name, dropped=ids)
                dropped[name] = dropped.get(name, 0) + gone
                yield {"progress": [sum(dropped.values()), of]}
            self._journal.warning("dropped", sink=name, letters=dropped.get(name, 0))
        yield {"asked": of, "dropped": dropped}


class Attempt:
    """The letters of one sink, offered once each."""

    def __init__(self, store: Store, sink: str, wanted: Wanted) -> None:
        self._store = store
        self._sink = sink
        self._wanted = wanted
        self.result: dict[str, Any] = {
            "accepted": 0, "expired": 0, "refused_again": 0, "not_decided": 0, "why": None,
        }  # fmt: skip

    async def run(self, make_sink: SinkMaker) -> AsyncGenerator[int, None]:
        """Offer them, page by page; how many were offered with each."""
        sink = make_sink(self._sink)
        if sink is None:
            self.result["why"] = f"no sink {self._sink!r} is configured; its letters can be dropped"
            return
        if hasattr(sink, "without_fuse"):
            sink.without_fuse()
        thread = Worker(f"retry-{self._sink}")
        try:
            after = 0
            while letters := await self._page(after):
                after = letters[-1].id
                offered = [letter for letter in letters if letter.id not in self._store.leaving]
                verdict = await thread.call(sink.deliver, [letter.reading for letter in offered])
                await self._settle(offered, verdict)
                yield len(letters)
        except (Unavailable, Blocked, StoreFull) as error:
            self.result["why"] = str(error)
        finally:
            sink.close()
            thread.stop()

    async def _page(self, after: int) -> list[DeadLetter]:
        return await self._store.read(
            dead_letters.page, self._store.tables, self._wanted, after, RETRIED_AT_ONCE
        )

    async def _settle(self, letters: list[DeadLetter], verdict: Verdict) -> None:
        refused = {rejection.index: rejection for rejection in verdict.rejected}
        kept = set(verdict.kept)
        now_ns = time.time_ns()
        accepted = [
            letter.id
            for place, letter in enumerate(letters)
            if place not in refused and place not in kept
        ]
        expired = [letters[place].id for place, one in refused.items() if one.expired]
        told = [
            (one.status, one.text, now_ns, letters[place].id)
            for place, one in refused.items()
            if not one.expired
        ]
        result = self.result
        result["accepted"] += len(accepted)
        result["expired"] += len(expired)
        result["refused_again"] += len(told)
        result["not_decided"] += len(kept)
        # Once the database has them the store must learn it, also when who asked has hung up.
        await asyncio.shield(
            dead_letters.settle(
                self._store, self._sink, delivered=accepted, expired=expired, told=told
            )
        )


def wanted_of(arguments: Mapping[str, Any]) -> Wanted:
    """Which letters the arguments of a request mean.

    Raises:
        Unavailable: they say something that is not known.
    """
    for word in arguments.values():
        if isinstance(word, str) and not word.isascii():
            try:
                word.encode()
            except UnicodeEncodeError as error:
                raise Unavailable(
                    f"dead letters cannot be chosen by {word!a}: it is not UTF-8"
                ) from error
    try:
        return msgspec.convert(arguments, Wanted)
    except msgspec.ValidationError as error:
        raise Unavailable(f"dead letters cannot be chosen like that: {error}") from error
