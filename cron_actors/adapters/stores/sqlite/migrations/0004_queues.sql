-- What is to become available at an instant (delayed, snoozed, waiting for its next attempt).
ALTER TABLE run ADD COLUMN scheduled_at INTEGER;
-- How often this one run is tried, where that is not what its definition says.
ALTER TABLE run ADD COLUMN max_attempts INTEGER;
-- Nobody submits the like of it while it is there; what that means stands in the submission.
ALTER TABLE run ADD COLUMN unique_key TEXT;
ALTER TABLE run ADD COLUMN inserted_at INTEGER;
-- The run whose end made this one.
ALTER TABLE run ADD COLUMN cause_run_id INTEGER;
ALTER TABLE run ADD COLUMN result TEXT; -- JSON
-- A dead letter that somebody has put away.
ALTER TABLE run ADD COLUMN dismissed_at INTEGER;
ALTER TABLE run ADD COLUMN dismissed_by TEXT;

CREATE INDEX run_delayed ON run (scheduled_at) WHERE scheduled_at IS NOT NULL AND state IN ('scheduled', 'retryable');
CREATE INDEX run_unique ON run (unique_key, run_id) WHERE unique_key IS NOT NULL;

-- A run passes through many states, and every index that knows the state is written anew each time. Of what is over, one
-- index serves counts and pruning; of what is not over, one finds the runs of a job, and small ones what is held or waits.
DROP INDEX run_open;
DROP INDEX run_final;
DROP INDEX run_finished;
CREATE INDEX run_unfinished ON run (job) WHERE finished_at IS NULL;
CREATE INDEX run_held ON run (state, queue) WHERE state IN ('executing', 'launched');
CREATE INDEX run_waiting ON run (state, queue) WHERE state IN ('scheduled', 'retryable');
CREATE INDEX run_finished ON run (finished_at, state, count) WHERE finished_at IS NOT NULL;
-- Dead letters that nobody has put away.
CREATE INDEX run_dead ON run (last_due_at) WHERE state = 'discarded' AND dismissed_at IS NULL;

-- What went wrong in a callback of the attempt; it changes nothing else.
ALTER TABLE attempt ADD COLUMN callback_error TEXT;

-- A waiting line: what its source says of it, and what was changed by command since.
CREATE TABLE queue (
    name TEXT PRIMARY KEY NOT NULL,
    source TEXT NOT NULL,
    declared TEXT NOT NULL, -- JSON
    changes TEXT NOT NULL, -- JSON
    changed_at INTEGER,
    changed_by TEXT,
    paused_at INTEGER,
    paused_by TEXT,
    removed_at INTEGER,
    share INTEGER NOT NULL DEFAULT 0
) STRICT;

-- What a request says beside its kind, where the other columns do not hold it.
ALTER TABLE request ADD COLUMN payload TEXT; -- JSON

-- Every change of a run, those of one transaction in each row; a follower notes how far it has come.
CREATE TABLE event (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    changes TEXT NOT NULL -- JSON: a list of changes, each a list of the values it is made of
) STRICT;

CREATE TABLE follower (
    name TEXT PRIMARY KEY NOT NULL,
    sequence INTEGER NOT NULL
) STRICT;

INSERT INTO event (sequence, changes) SELECT entry, changes FROM uncounted ORDER BY entry;
INSERT INTO follower (name, sequence) VALUES ('statistics', 0);
DROP TABLE uncounted;
