// Asks an address with published tables as ClickHouse's own client for Node does, and says what came of it as
// one JSON object.
//
//   node client.mjs URL USER PASSWORD DATABASE
import { ClickHouseLogLevel, createClient } from "@clickhouse/client";

const [url, username, password, database] = process.argv.slice(2);
// What goes wrong is what is asked for here.
const told = { url, username, password, database, log: { level: ClickHouseLogLevel.OFF } };
const client = createClient(told);

const refusal = async (work) => {
  try {
    await work();
    return null;
  } catch (error) {
    return { code: error.code, type: error.type, kind: error.constructor.name, message: error.message };
  }
};

const asked = await client.query({
  query: `SELECT code, path, value, suppressed FROM published_indicator
          WHERE code = {code:String} ORDER BY path`,
  query_params: { code: "R3" },
  format: "JSONEachRow",
});
const rows = await asked.json();
const typed = await client.query({ query: "SELECT as_of, k, simulated FROM published_meta", format: "JSON" });
const { meta, data } = await typed.json();
// Rows as they come, and a packed answer.
const packed = createClient({ ...told, compression: { response: true } });
const streamed = await packed.query({ query: "SELECT number FROM numbers(100000)", format: "JSONCompactEachRow" });
let numbers = 0;
for await (const chunk of streamed.stream()) numbers += chunk.length;

const said = {
  ping: (await client.ping()).success,
  rows,
  meta,
  data,
  numbers,
  insert: await refusal(() => client.insert({
    table: "published_meta_row",
    values: [{ k: 1 }],
    format: "JSONEachRow",
  })),
  command: await refusal(() => client.command({ query: "DROP TABLE published_meta_row" })),
  setting: await refusal(() => client.insert({
    table: "published_meta_row",
    values: [{ k: 1 }],
    format: "JSONEachRow",
    clickhouse_settings: { readonly: "0" },
  })),
  table: await refusal(() => client.query({ query: "SELECT * FROM nowhere" })),
  words: await refusal(() => client.query({ query: "SELEC 1" })),
  // It goes wrong when much of the answer is on its way.
  late: await refusal(async () => {
    const query = "SELECT throwIf(number = 2999999, 'late') FROM numbers(3000000)";
    const answer = await client.query({ query, format: "JSONEachRow" });
    for await (const rows of answer.stream()) void rows;
  }),
};
const stranger = createClient({ ...told, password: "another" });
said.stranger = await refusal(() => stranger.query({ query: "SELECT 1" }));
console.log(JSON.stringify(said));
await Promise.all([client, packed, stranger].map((one) => one.close()));
