"""A few periodic functions: what they print becomes the log of their run."""

from __future__ import annotations

import asyncio
import logging
import time


def sleep_2_mins() -> None:
    """Sleep for two minutes, saying so before and after."""
    print("going to sleep for two minutes")
    time.sleep(120)
    print("slept well")


def greet(name: str, *, times: int = 1) -> None:
    """Print a greeting."""
    for _ in range(times):
        print(f"Hello, {name}!")


async def fetch_figures(count: int) -> int:
    """Await a few things at once, as a function that talks to other services would."""
    figures = await asyncio.gather(*(_figure(number) for number in range(count)))
    logging.getLogger(__name__).info("got %s", figures)
    return sum(figures)


async def _figure(number: int) -> int:
    await asyncio.sleep(0.1)
    return number * number


def fail() -> None:
    """Fail, as every job does one day: the log of the run ends with the exception."""
    raise ValueError("this job fails on purpose, to show what a failure looks like")
