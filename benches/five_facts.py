"""Five facts by DuckDB, the yardstick of `cargo bench --bench report`.

    five_facts.py load  EVENTS.ndjson READS.parquet   the reads, one row an id, with their write-up
    five_facts.py facts EVENTS.ndjson READS.parquet   reads and readers by write-up and day; reads by
        write-up and day of age; late readers; median age by write-up; readers by write-up and month
"""

import sys

import duckdb

LOAD = """
COPY (
    WITH raw AS (
        SELECT * FROM read_json('{events}', format = 'newline_delimited', columns = {{
            type: 'VARCHAR', source: 'VARCHAR', id: 'VARCHAR', subject: 'VARCHAR',
            time: 'TIMESTAMPTZ', data: 'STRUCT(person VARCHAR, version INT, url VARCHAR,
            aliases VARCHAR[], published_at TIMESTAMPTZ)'}})
    ),
    writeup AS (
        SELECT id, any_value(data.published_at) AS published,
            flatten(list([id, data.url] || coalesce(data.aliases, []))) AS names,
            row_number() OVER (ORDER BY id) AS doc
        FROM raw WHERE type = 'org.readback.writeup.v1' GROUP BY id
    ),
    named AS (SELECT DISTINCT unnest(names) AS name, doc, published FROM writeup),
    read AS (
        SELECT source, id, arg_max(subject, coalesce(data.version, 0)) AS subject,
            any_value(time) AS time, any_value(data.person) AS person
        FROM raw WHERE type = 'org.readback.read.v1' GROUP BY source, id
    )
    SELECT doc, epoch_ms(time) AS ts, hash(person) AS person, epoch_ms(published) AS published
    FROM read JOIN named ON read.subject = named.name
    WHERE time >= published
    ORDER BY doc, ts
) TO '{parquet}'
"""

FACTS = [
    "SELECT doc, ts // 86400000 AS day, count(*), count(DISTINCT person) FROM reads GROUP BY 1, 2",
    "SELECT doc, (ts - published) // 86400000 AS age, count(*) FROM reads GROUP BY 1, 2",
    "SELECT count(DISTINCT person) FROM reads WHERE ts - published >= 90 * 86400000::BIGINT",
    "SELECT doc, median(ts - published) FROM reads GROUP BY 1",
    "SELECT doc, date_trunc('month', make_timestamp(ts * 1000)), count(DISTINCT person) "
    "FROM reads GROUP BY 1, 2",
]


def main() -> None:
    step, events, parquet = sys.argv[1:]
    database = duckdb.connect()
    database.execute("SET TimeZone = 'UTC'")
    if step == "load":
        database.execute(LOAD.format(events=events, parquet=parquet))
        return
    database.execute(f"CREATE VIEW reads AS SELECT * FROM read_parquet('{parquet}')")
    for fact in FACTS:
        database.execute(fact).fetchnumpy()


main()
