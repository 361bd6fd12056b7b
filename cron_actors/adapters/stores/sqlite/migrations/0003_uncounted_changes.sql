-- What ended and does not stand in `statistics` yet, the changes of one transaction in each row: to append one row costs
-- less than to rewrite the figures of every job concerned.
CREATE TABLE uncounted (
    entry INTEGER PRIMARY KEY,
    changes TEXT NOT NULL -- JSON: a list of changes, each a list of the values it is made of
) STRICT;
