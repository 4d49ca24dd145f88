-- On which local days a source watches, and how well it is known to see by then; `counter`: its page counters,
-- else its reads. Rank: 0 counters; 50 reads, 100 with engaged time, 150 and 200 the same where they name
-- readers; more, by up to 49, where the source sees all reads. Empty between runs of the derive job.
CREATE TABLE staged_watch
(
    source LowCardinality(String),
    counter Bool,
    date Int32,
    rank UInt8
)
ENGINE = MergeTree
ORDER BY (source, counter, date)
