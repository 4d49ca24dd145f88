"""R1 to R3, L2 to L4 and the monthly series by DuckDB, the yardstick of `cargo bench --bench report`.

    few_facts.py load  EVENTS.ndjson READS.parquet   the reads, one row an id, with write-up and local day
    few_facts.py facts EVENTS.ndjson READS.parquet   the numbers alone: no exclusion, no interval, no withholding
"""

import sys

import duckdb

LOAD = """
COPY (
    WITH raw AS (
        SELECT * FROM read_json('{events}', format = 'newline_delimited', columns = {{
            type: 'VARCHAR', source: 'VARCHAR', id: 'VARCHAR', subject: 'VARCHAR',
            time: 'TIMESTAMPTZ', data: 'STRUCT(person VARCHAR, session VARCHAR, version INT, url VARCHAR,
            aliases VARCHAR[], published_at TIMESTAMPTZ)'}})
        WHERE type IN ('org.readback.writeup.v1', 'org.readback.read.v1')
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
            any_value(time) AS time, any_value(data.person) AS person, any_value(data.session) AS session
        FROM raw WHERE type = 'org.readback.read.v1' GROUP BY source, id
    )
    SELECT doc, epoch_ms(time) AS ts, hash(person) AS person, hash(session) AS session,
        session IS NOT NULL AS has_session, epoch_ms(time) - epoch_ms(published) AS age,
        CAST(timezone('Europe/Berlin', time) AS DATE) AS day
    FROM read JOIN named ON read.subject = named.name
    WHERE time >= published
    ORDER BY doc, ts
) TO '{parquet}'
"""

DAY = 86_400_000
LATE, YEAR = 90 * DAY, 365 * DAY
# 2026-07-01T00:00:00Z, as in the report.
AS_OF = 1_782_864_000_000

FACTS = [
    # R1: by write-up and day.
    "SELECT doc, day, count(*), count(DISTINCT person) FROM reads GROUP BY 1, 2",
    # R2
    f"SELECT count(*) FROM (SELECT DISTINCT doc, if(has_session, session, person), has_session, "
    f"if(has_session, ts // {DAY}, ts // 3600000) FROM reads)",
    # R3
    "SELECT count(DISTINCT person) FROM reads",
    "SELECT count(*) FROM (SELECT DISTINCT doc, person FROM reads)",
    "SELECT count(*) FROM (SELECT DISTINCT person, day FROM reads)",
    # L2: of the last year, of first years, of each write-up.
    f"SELECT median(age) FROM reads WHERE ts >= {AS_OF - YEAR}",
    f"SELECT median(age) FROM reads WHERE age < {YEAR}",
    f"SELECT doc, median(age) FROM reads WHERE age < {YEAR} GROUP BY 1",
    # L3
    f"SELECT doc, count(*), count_if(age >= {LATE}) FROM reads WHERE age < {YEAR} GROUP BY 1",
    f"SELECT count(DISTINCT if(age < {LATE}, person, NULL)), count(DISTINCT if(age >= {LATE}, person, NULL)) "
    f"FROM reads WHERE age < {YEAR}",
    # L4
    f"SELECT doc, count(DISTINCT person) FROM reads WHERE ts >= {AS_OF - LATE} AND age >= {LATE} GROUP BY 1",
    # The monthly series, of all and age-matched.
    "SELECT date_trunc('month', day), count(*), count(DISTINCT person) FROM reads GROUP BY 1",
    f"SELECT date_trunc('month', day), count(*), count(DISTINCT person) FROM reads "
    f"WHERE age >= {LATE} AND age < {2 * LATE} GROUP BY 1",
    "SELECT doc, date_trunc('month', day), count(DISTINCT person) FROM reads GROUP BY 1, 2",
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
