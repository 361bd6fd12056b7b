"""Any text read as a crontab: it ends in jobs that can be loaded and in notes, and every line is accounted for."""

from __future__ import annotations

from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from cron_actors.adapters.sources import load_mapping
from cron_actors.core.crontab import Crontab, import_crontab
from cron_actors.core.crontab_environment import Account
from cron_actors.core.shared_keys import jobs_file
from cron_actors.settings import Granularity

ANN = Account(name="ann", home="/home/ann")
FIELDS = st.lists(
    st.sampled_from(["*", "*/5", "0", "1-5", "~", "10~20", "*/99", "mon", "jan-mar", "5-0", "L", "?", "7", "61", "x"]),
    min_size=4,
    max_size=7,
).map(" ".join)
WHEN = FIELDS | st.sampled_from(["@daily", "@reboot", "@Hourly", "@every", "@600", "-@daily", "@"])
COMMANDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(
    ["ann true", "a%b\\%c%", "-s -n a", "su - x -c 'y", "%", "$(", "a\\"]
)
LINES = st.one_of(
    st.tuples(WHEN, st.sampled_from([" ", "\t", "  "]), COMMANDS).map("".join),
    st.tuples(st.sampled_from(["A", "SHELL", "HOME", "CRON_TZ", "MAILTO", "TZ", "'Q'"]), COMMANDS).map("=".join),
    COMMANDS,
    COMMANDS.map("#{}".format),
)


@given(st.lists(LINES, max_size=12).map("\n".join), st.booleans())
@example("A=\ud7ff\n@daily a\n@daily b\x85\u2028\ufffe\x00\n", False)  # noqa: FBT003 - a value
@example("@daily ann a\r\n" * 3, True)  # noqa: FBT003 - as above
def test_whatever_stands_in_a_crontab_the_jobs_made_of_it_are_valid(text: str, system: bool) -> None:  # noqa: FBT001 - drawn
    crontab = Crontab(text=text, zone="Europe/Berlin", owner=None if system else ANN, account={"ann": ANN}.get)
    found = import_crontab(crontab, "p-")
    loaded = load_mapping(jobs_file(found.jobs), folder=Path("/srv"), granularity=Granularity.MINUTE)
    assert [definition.job.identifier for definition in loaded.definitions] == [job["identifier"] for job in found.jobs]
    accounted = len(found.jobs) + sum(note.lost for note in found.notes)
    assert accounted <= text.count("\n") + 1
    assert all(1 <= note.line <= text.count("\n") + 1 and "\n" not in note.message for note in found.notes)
