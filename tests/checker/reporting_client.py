"""Asks an address with published tables as ClickHouse's own client for Python does, which Superset and others
use, and says what came of it as one JSON object.

    python3 reporting_client.py HOST PORT USER PASSWORD DATABASE
"""

import json
import re
import sys

import clickhouse_connect
from clickhouse_connect.driver.exceptions import ClickHouseError

host, port, user, password, database = sys.argv[1:]


def connect(**more):
    told = {"host": host, "port": int(port), "username": user, "password": password, "database": database}
    return clickhouse_connect.get_client(**{**told, **more})


def refusal(work):
    try:
        work()
    except ClickHouseError as error:
        words = str(error)
        code = re.search(r"[Cc]ode:? ?(\d+)", words)
        return {"kind": type(error).__name__, "code": code and code[1], "message": words}
    return None


client = connect()
# Columns come in the Native format, with their types.
rows = "SELECT code, path, value, suppressed FROM published_indicator WHERE code = {code:String} ORDER BY path"
result = client.query(rows, parameters={"code": "R3"})
meta = client.query("SELECT as_of, k, simulated FROM published_meta")
blocks = 0
with client.query_column_block_stream("SELECT number FROM numbers(100000)") as stream:
    blocks = sum(len(block[0]) for block in stream)
frame = client.query_df("SELECT month, value FROM published_series WHERE code = 'T0' ORDER BY month")

said = {
    "ping": client.ping(),
    "version": client.server_version,
    "rows": [list(row) for row in result.result_rows],
    "types": [column.name for column in meta.column_types],
    "k": meta.first_row[1],
    "numbers": blocks,
    "frame": [str(kind) for kind in frame.dtypes],
    "insert": refusal(lambda: client.insert("published_meta_row", [[1]], column_names=["k"])),
    "command": refusal(lambda: client.command("DROP TABLE published_meta_row")),
    "setting": refusal(lambda: client.query("SELECT 1", settings={"readonly": 0})),
    "table": refusal(lambda: client.query("SELECT * FROM nowhere")),
    "words": refusal(lambda: client.query("SELEC 1")),
    # It goes wrong when much of the answer is on its way.
    "late": refusal(lambda: client.query("SELECT throwIf(number = 2999999, 'late') FROM numbers(3000000)")),
    "stranger": refusal(lambda: connect(password="another").query("SELECT 1")),
}
print(json.dumps(said, default=str))
