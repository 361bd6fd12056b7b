-- What waits for an instant or for the end of another run, in its order: however long that line is, its head is found.
CREATE INDEX run_scheduled ON run (job, due_at, run_id) WHERE state = 'scheduled';

-- A stretch of time in which a job was paused: its instants from `paused_at` on and before `until_at` are skipped.
CREATE TABLE pause (
    job TEXT NOT NULL,
    paused_at INTEGER NOT NULL,
    paused_by TEXT NOT NULL,
    until_at INTEGER,
    PRIMARY KEY (job, paused_at)
) STRICT, WITHOUT ROWID;

-- Until when a job is to be paused; NULL where somebody is to end the pause, and in requests for anything else.
ALTER TABLE request ADD COLUMN until_at INTEGER;
