from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cron_actors.adapters.executors.calls import call_of
from cron_actors.adapters.executors.warm_orders import batch_order
from cron_actors.adapters.executors.warm_wire import LENGTH_BYTES, runs_of
from cron_actors.model.job import FunctionCall, ProcessSettings
from cron_actors.model.queue import Recycling
from cron_actors.model.run import AttemptKey
from cron_actors.ports.executor import Execution

TEXT = st.text(max_size=5)
VALUES = st.recursive(st.none() | st.integers() | TEXT, lambda inner: st.lists(inner, max_size=2), max_leaves=4)
JOBS = [  # jobs that differ in one thing each, and one that differs in nothing
    (path, name, ProcessSettings(env=env, working_directory=folder))
    for path, name, env, folder in [
        ("a", "f", {}, None),
        ("a", "f", {}, None),
        ("b", "f", {}, None),
        ("a", "g.h", {}, None),
        ("a", "f", {"A": "1", "CRON_ACTORS_JOB": "never"}, None),
        ("a", "f", {}, "below"),
        ("a", "f", {}, "/else where"),
    ]
]


@st.composite
def executions(draw: st.DrawFn) -> Execution:
    path, name, process = draw(st.sampled_from(JOBS))
    args, kwargs = tuple(draw(st.lists(VALUES, max_size=2))), draw(st.dictionaries(TEXT, VALUES, max_size=2))
    number = draw(st.integers(1, 10**12))
    variables = {"CRON_ACTORS_JOB": draw(TEXT)}
    return Execution(
        key=AttemptKey(run_id=number, attempt=draw(st.integers(1, 9)), token="t"),  # noqa: S106 - not a password
        work=FunctionCall(path=path, function_name=name, args=args, kwargs=kwargs),
        process=process,
        folder=Path("/jobs"),
        log=f"/logs/{number}.txt",
        variables=draw(st.sampled_from([variables, variables | {"CRON_ACTORS_MAX_ATTEMPTS": "5"}])),
        header=draw(TEXT),
        keep_result=draw(st.booleans()),
    )


def alone(execution: Execution) -> dict[str, Any]:
    """Return what a run is to find that is described by itself."""
    assert isinstance(execution.work, FunctionCall)
    folder = execution.process.working_directory
    return {
        "call": call_of(execution.work, execution, "/home"),
        "header": execution.header,
        "env": {**execution.process.env, **execution.variables},
        "folder": None if folder is None else str(execution.folder / folder),
    }


@given(st.lists(executions(), min_size=1, max_size=8))
def test_every_run_of_a_batch_finds_what_it_would_find_alone(batch: list[Execution]) -> None:
    packet = batch_order(batch, Recycling(), "/home")
    assert int.from_bytes(packet[:LENGTH_BYTES], "big") == len(packet) - LENGTH_BYTES
    found = runs_of(json.loads(packet[LENGTH_BYTES:]))
    assert found == json.loads(json.dumps([alone(execution) for execution in batch]))
