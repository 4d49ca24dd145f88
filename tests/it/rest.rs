//! `/api/v1` through the real router: tables in three forms that say the same, and say what the published
//! tables say; pages, tags, and what is refused. Parquet is read by ClickHouse.

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt as _;
use readback::jobs::published;
use readback::web::Published;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::doorway::{Answer, Doorway, open};
use super::engine;

const TABLES: [&str; 7] = [
    "indicators",
    "numbers",
    "series",
    "writeups",
    "reviews",
    "slices",
    "health",
];

fn summary() -> Value {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/fixtures/pages/full.json"
    );
    let text = std::fs::read_to_string(path).expect("a summary");
    serde_json::from_str(&text).expect("JSON")
}

fn shown() -> (tempfile::TempDir, Doorway) {
    let folder = tempfile::tempdir().expect("a folder");
    let door = open(folder.path(), "", 1 << 30);
    door.state.publish(Published::new(summary()));
    (folder, door)
}

async fn get(door: &Doorway, path: &str) -> Answer {
    door.send(&format!("GET {path}"), &[], "").await
}

/// Every row of a table, page by page as the header says.
async fn all(door: &Doorway, table: &str) -> Vec<Value> {
    let mut next = Some(format!("/api/v1/{table}?per_page=7"));
    let mut rows = Vec::new();
    while let Some(path) = next {
        let answer = get(door, &path).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        rows.extend(answer.json()["items"].as_array().expect("rows").clone());
        let links = answer.header("link").split(", ");
        let link = links
            .filter(|link| link.ends_with("; rel=\"next\""))
            .map(|link| {
                link.split(['<', '>'])
                    .nth(1)
                    .expect("an address")
                    .to_owned()
            });
        next = link.last();
    }
    rows
}

#[tokio::test]
async fn tables_say_what_the_published_tables_say() {
    let (_folder, door) = shown();
    let rows = published::rows(&summary());
    let counts = [
        ("numbers", rows.indicators.len()),
        ("series", rows.series.len()),
        ("writeups", rows.writeups.len()),
        ("reviews", rows.reviews.len()),
        ("health", rows.health.len()),
    ];
    for (table, count) in counts {
        assert!(count > 7, "{table}");
        let told = get(&door, &format!("/api/v1/{table}")).await.json();
        assert_eq!(told["total"], count, "{table}");
        assert_eq!(all(&door, table).await.len(), count, "{table}");
    }
    // What is withheld is null, and said to be.
    let mut withheld = 0;
    let writeups = all(&door, "writeups").await;
    for (told, row) in writeups.iter().zip(&rows.writeups) {
        assert_eq!(told["id"], row.id.as_str());
        assert_eq!(told["readers"], json!(row.readers));
        assert_eq!(told["suppressed"], row.suppressed);
        assert!(told["readers"].as_i64().is_none_or(|n| n == 0 || n >= 5));
        withheld += usize::from(row.suppressed && told["readers_trailing"].is_null());
    }
    assert!(withheld > 0, "nothing is withheld here");
    let numbers = all(&door, "numbers").await;
    for (told, row) in numbers.iter().zip(&rows.indicators) {
        assert_eq!(
            (&told["path"], &told["value"].as_f64(), &told["suppressed"]),
            (&json!(row.path), &row.value, &json!(row.suppressed))
        );
    }
    assert!(numbers.iter().any(|row| row["suppressed"] == true));
}

#[tokio::test]
async fn single_ones_are_as_the_summary_has_them() {
    let (_folder, door) = shown();
    let summary = summary();
    let one = get(&door, "/api/v1/writeups/INC-1400").await.json();
    assert_eq!(one, summary["writeups"][0]);
    let indicator = get(&door, "/api/v1/indicators/R3").await.json();
    assert_eq!(indicator["code"], "R3");
    assert_eq!(indicator["results"], summary["indicators"]["R3"]["results"]);
    let slice = get(&door, "/api/v1/slices/team/payments").await.json();
    assert_eq!(slice, summary["slices"][0]);
    assert_eq!(get(&door, "/api/v1/summary").await.json(), summary);
    let index = get(&door, "/api/v1").await.json();
    assert_eq!(index["as_of"], summary["as_of"]);
    let tables = index["tables"].as_array().expect("tables");
    let names: Vec<&str> = tables
        .iter()
        .filter_map(|one| one["name"].as_str())
        .collect();
    assert_eq!(names, TABLES);
    for table in tables {
        let address = table["address"].as_str().expect("an address");
        assert_eq!(get(&door, address).await.status, 200, "{address}");
    }
}

#[tokio::test]
async fn the_three_forms_say_the_same() {
    let (_folder, door) = shown();
    for table in TABLES {
        let rows = all(&door, table).await;
        let path = format!("/api/v1/{table}");
        let accept = [("accept", "text/csv")];
        let csv = door.send(&format!("GET {path}"), &accept, "").await;
        assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
        assert_eq!(csv.header("vary"), "accept");
        let file = format!("attachment; filename=\"readback-{table}.csv\"");
        assert_eq!(csv.header("content-disposition"), file);
        let mut reader = csv::Reader::from_reader(csv.text.as_bytes());
        let head = reader.headers().expect("a head").clone();
        let read: Vec<csv::StringRecord> =
            reader.records().map(|row| row.expect("a row")).collect();
        assert_eq!(read.len(), rows.len(), "{table}");
        for (read, row) in read.iter().zip(&rows) {
            for (name, cell) in head.iter().zip(read) {
                let told = match &row[name] {
                    Value::Null => String::new(),
                    // What a spreadsheet would take for a formula is quoted.
                    Value::String(text) => readback::charts::plain(text),
                    other => other.to_string(),
                };
                let same = || cell.parse::<f64>().ok() == told.parse::<f64>().ok();
                assert!(cell == told || same(), "{table} {name}: {cell} {told}");
            }
        }
    }
}

/// The bytes of an answer.
async fn bytes(door: &Doorway, path: &str) -> Vec<u8> {
    let request = Request::builder().uri(path).body(Body::empty());
    let asked = door.router().oneshot(request.expect("a request")).await;
    let answer = asked.expect("an answer");
    assert_eq!(answer.status(), 200, "{path}");
    let media = answer.headers()["content-type"].to_str().expect("text");
    assert_eq!(media, "application/vnd.apache.parquet");
    let body = answer.into_body().collect().await.expect("a body");
    body.to_bytes().to_vec()
}

#[tokio::test]
async fn clickhouse_reads_the_parquet() {
    let Some(endpoint) = engine::shared() else {
        return;
    };
    let (folder, door) = shown();
    let client = readback::engine::client(endpoint);
    for table in TABLES {
        let rows = all(&door, table).await;
        let written = bytes(&door, &format!("/api/v1/{table}?format=parquet")).await;
        assert!(written.starts_with(b"PAR1") && written.ends_with(b"PAR1"));
        let again = bytes(&door, &format!("/api/v1/{table}?format=parquet")).await;
        assert!(written == again, "{table}: the same is not the same bytes");
        let file = folder.path().join(format!("{table}.parquet"));
        std::fs::write(&file, written).expect("a file");
        let sql = format!(
            "SELECT toJSONString(tuple(*)) FROM file('{}', 'Parquet')",
            file.display()
        );
        let read: Vec<String> = client.query_raw(&sql).fetch_all().await.expect("rows");
        assert_eq!(read.len(), rows.len(), "{table}");
        for (read, row) in read.iter().zip(&rows) {
            let read: Value = serde_json::from_str(read).expect("JSON");
            let read: Vec<&Value> = match &read {
                Value::Object(fields) => fields.values().collect(),
                Value::Array(cells) => cells.iter().collect(),
                other => panic!("{other}"),
            };
            let told = row.as_object().expect("a row");
            assert_eq!(read.len(), told.len());
            for ((name, told), read) in told.iter().zip(read) {
                let same = match (told, read) {
                    (Value::Number(told), Value::Number(read)) => told.as_f64() == read.as_f64(),
                    // Instants as ClickHouse writes them.
                    (Value::String(told), Value::String(read)) if name.ends_with("_at") => {
                        told.trim_end_matches('Z').replace('T', " ")
                            == read.trim_end_matches(".000")
                    }
                    (told, read) => told == read,
                };
                assert!(same, "{table} {name}: {told} {read}");
            }
        }
    }
    let sql = format!(
        "SELECT [toTypeName(id), toTypeName(published_at), toTypeName(readers), \
         toTypeName(still_read), toTypeName(links_live)] FROM file('{}', 'Parquet') LIMIT 1",
        folder.path().join("writeups.parquet").display()
    );
    let types: Vec<String> = client.query_raw(&sql).fetch_one().await.expect("types");
    let expected = [
        "String",
        "Nullable(DateTime64(3, 'UTC'))",
        "Nullable(Int64)",
        "Nullable(Bool)",
        "Int64",
    ];
    assert_eq!(types, expected);
}

#[tokio::test]
async fn what_has_not_changed_is_not_sent_again() {
    let (_folder, door) = shown();
    for path in [
        "/api/v1",
        "/api/v1/summary",
        "/api/v1/writeups?page=2&per_page=5",
        "/api/v1/writeups?format=csv",
        "/api/v1/writeups/INC-1400",
    ] {
        let answer = get(&door, path).await;
        let tag = answer.header("etag").to_owned();
        assert_eq!((answer.status, tag.len()), (200, 18), "{path}");
        for known in [
            tag.clone(),
            format!("W/{tag}"),
            format!("\"a\", {tag}"),
            "*".to_owned(),
        ] {
            let headers = [("if-none-match", known.as_str())];
            let again = door.send(&format!("GET {path}"), &headers, "").await;
            assert_eq!((again.status, &*again.text), (304, ""), "{path} {known}");
            assert_eq!(again.header("etag"), tag);
        }
        let other = [("if-none-match", "\"0\"")];
        let answer = door.send(&format!("GET {path}"), &other, "").await;
        assert_eq!(answer.status, 200, "{path}");
        let head = door.send(&format!("HEAD {path}"), &[], "").await;
        assert_eq!((head.status, &*head.text), (200, ""), "{path}");
    }
    // With other numbers it is another answer.
    let tag = get(&door, "/api/v1/writeups")
        .await
        .header("etag")
        .to_owned();
    let mut changed = summary();
    changed["writeups"][0]["title"] = "Another title".into();
    door.state.publish(Published::new(changed));
    let headers = [("if-none-match", tag.as_str())];
    let answer = door.send("GET /api/v1/writeups", &headers, "").await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn pages_lead_to_each_other() {
    let (_folder, door) = shown();
    let answer = get(&door, "/api/v1/writeups?page=2&per_page=20").await;
    let page = answer.json();
    assert_eq!((&page["page"], &page["per_page"]), (&json!(2), &json!(20)));
    assert_eq!(
        (&page["total"], page["items"].as_array().map(Vec::len)),
        (&json!(64), Some(20))
    );
    let to = |page: usize, rel: &str| {
        format!("</api/v1/writeups?page={page}&per_page=20>; rel=\"{rel}\"")
    };
    let links = [to(1, "first"), to(1, "prev"), to(3, "next"), to(4, "last")];
    assert_eq!(answer.header("link"), links.join(", "));
    // Behind the last there is nothing, and the way back.
    let answer = get(&door, "/api/v1/writeups?page=9&per_page=20").await;
    assert_eq!(answer.json()["items"], json!([]));
    let links = [to(1, "first"), to(4, "prev"), to(4, "last")];
    assert_eq!(answer.header("link"), links.join(", "));
}

#[tokio::test]
async fn what_is_not_valid_is_refused_with_what_is() {
    let (_folder, door) = shown();
    for (line, status, words) in [
        (
            "GET /api/v1/writeups?page=0",
            400,
            "valid are whole numbers from 1 to 1000000",
        ),
        (
            "GET /api/v1/writeups?sort=readers",
            400,
            "valid are format, page and per_page",
        ),
        (
            "GET /api/v1/reviews?format=xlsx",
            400,
            "valid are json, csv, parquet",
        ),
        ("GET /api/v1/summary?page=2", 400, "this address takes none"),
        ("GET /api/v1/writeups/INC-0", 404, "/api/v1/writeups lists"),
        ("GET /api/v1/indicators/zz", 404, "/api/v1/indicators lists"),
        ("GET /api/v1/slices/team/%ff", 404, "/api/v1/slices lists"),
        ("GET /api/v1/events", 404, "/openapi.json"),
        ("POST /api/v1/writeups", 403, "not sent from a page"),
    ] {
        let answer = door.send(line, &[], "").await;
        assert_eq!(answer.status, status, "{line}: {answer:?}");
        assert_eq!(
            answer.header("content-type"),
            "application/problem+json",
            "{line}"
        );
        assert_eq!(answer.json()["status"], status);
        let detail = answer.json()["detail"].to_string();
        assert!(detail.contains(words), "{line}: {detail}");
    }
    let accept = [("accept", "application/xml")];
    let answer = door.send("GET /api/v1/writeups", &accept, "").await;
    assert_eq!(answer.status, 406);
    assert!(
        answer.text.contains("application/vnd.apache.parquet"),
        "{answer:?}"
    );

    let folder = tempfile::tempdir().expect("a folder");
    let early = open(folder.path(), "", 1 << 30);
    for path in ["/api/v1", "/api/v1/numbers", "/api/v1/summary"] {
        let answer = get(&early, path).await;
        assert_eq!(
            (answer.status, answer.header("retry-after")),
            (503, "5"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn the_page_shows_every_operation() {
    let (_folder, door) = shown();
    let page = get(&door, "/api").await;
    assert_eq!(page.status, 200);
    let document = readback::web::openapi();
    let mut operations = 0;
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, _) in item.as_object().expect("methods") {
            if method == "parameters" {
                continue;
            }
            operations += 1;
            let shown = format!("{} {path}<", method.to_uppercase()).replace('/', "&#x2f;");
            assert!(page.text.contains(&shown), "{shown}");
        }
    }
    assert!(operations > 30, "{operations}");
    let leads = get(&door, "/").await.text;
    assert!(leads.contains("href=\"/api\""), "no page leads there");
}
