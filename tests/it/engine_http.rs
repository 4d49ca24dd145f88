//! ClickHouse's HTTP interface as other clients speak it: raw requests on the socket.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use crate::engine::socket;

/// One answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    /// The body came to its proper end.
    pub(crate) complete: bool,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }
}

/// Reads an answer's bytes.
pub(crate) fn answer(bytes: &[u8]) -> Answer {
    let end = memchr::memmem::find(bytes, b"\r\n\r\n").expect("a head");
    let head = String::from_utf8(bytes[..end].to_vec()).expect("a head");
    let status = head[9..12].parse().expect("a status");
    let mut answer = Answer {
        status,
        head,
        body: bytes[end + 4..].to_vec(),
        complete: true,
    };
    if answer.header("transfer-encoding") == Some("chunked") {
        let packed = std::mem::take(&mut answer.body);
        let mut rest = &packed[..];
        answer.complete = false;
        while let Some(end) = memchr::memmem::find(rest, b"\r\n") {
            let size = std::str::from_utf8(&rest[..end]).expect("a size");
            let size = usize::from_str_radix(size, 16).expect("a size");
            answer.complete = size == 0;
            let data = &rest[end + 2..];
            answer.body.extend_from_slice(&data[..size.min(data.len())]);
            rest = data.get(size + 2..).unwrap_or_default();
        }
    }
    answer
}

async fn send(method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Option<Answer> {
    let mut stream = UnixStream::connect(socket()?).await.expect("a socket");
    let mut request = format!(
        "{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("\r\n");
    let mut bytes = request.into_bytes();
    bytes.extend_from_slice(body);
    stream.write_all(&bytes).await.expect("a request");
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.expect("an answer");
    Some(answer(&bytes))
}

async fn post(target: &str, body: impl AsRef<[u8]>) -> Option<Answer> {
    send("POST", target, &[], body.as_ref()).await
}

async fn run(sql: &str) -> Option<String> {
    let answer = post("/", sql).await?;
    assert_eq!(answer.status, 200, "{sql}: {}", answer.text());
    Some(answer.text())
}

#[tokio::test]
async fn ping_and_unknown_paths() {
    let Some(ping) = send("GET", "/ping", &[], b"").await else {
        return;
    };
    assert_eq!((ping.status, ping.text().as_str()), (200, "Ok.\n"));
    assert_eq!(send("GET", "/", &[], b"").await.unwrap().text(), "Ok.\n");
    assert_eq!(send("GET", "/play", &[], b"").await.unwrap().status, 404);
    assert_eq!(send("PUT", "/", &[], b"").await.unwrap().status, 405);
}

#[tokio::test]
async fn text_in_url_body_or_form() {
    let Some(answer) = send("GET", "/?query=SELECT%201%2B1", &[], b"").await else {
        return;
    };
    assert_eq!(answer.text(), "2\n");
    assert_eq!(answer.header("x-clickhouse-format"), Some("TabSeparated"));
    assert_eq!(
        run("SELECT 1 AS a FORMAT JSONEachRow").await.unwrap(),
        "{\"a\":1}\n"
    );
    let both = post("/?query=SELECT%20a%20FROM", " (SELECT 5 AS a)")
        .await
        .unwrap();
    assert_eq!(both.text(), "5\n");
    let format = send(
        "POST",
        "/?database=system",
        &[("X-ClickHouse-Format", "CSVWithNames")],
        b"SELECT currentDatabase() AS d",
    )
    .await
    .unwrap();
    assert_eq!(format.text(), "\"d\"\n\"system\"\n");
    let parameter = post("/?param_x=it%27s&param_y=2", "SELECT {x:String}, {y:UInt8}")
        .await
        .unwrap();
    assert_eq!(parameter.text(), "it\\'s\t2\n");
    let form = "--b\r\nContent-Disposition: form-data; name=\"query\"\r\n\r\nSELECT {x:String}\r\n--b\r\nContent-Disposition: form-data; name=\"param_x\"\r\n\r\nfrom\\nform\r\n--b--\r\n";
    let form = send(
        "POST",
        "/",
        &[("Content-Type", "multipart/form-data; boundary=b")],
        form.as_bytes(),
    )
    .await
    .unwrap();
    assert_eq!(form.text(), "from\\nform\n");
}

#[tokio::test]
async fn get_and_head_change_nothing() {
    let target = "/?query=CREATE%20TABLE%20nope%20(a%20UInt8)%20ENGINE%3DMemory";
    let Some(answer) = send("GET", target, &[], b"").await else {
        return;
    };
    assert_eq!(answer.header("x-clickhouse-exception-code"), Some("164"));
    assert!(answer.text().starts_with("Code: 164. DB::Exception: "));
    let answer = send("HEAD", target, &[], b"").await.unwrap();
    assert_eq!(answer.header("x-clickhouse-exception-code"), Some("164"));
    assert_eq!(run("EXISTS nope").await.unwrap(), "0\n");
}

#[tokio::test]
async fn data_that_the_engine_would_cut_is_refused() {
    let Some(_) = run("DROP TABLE IF EXISTS t_words").await else {
        return;
    };
    run("CREATE TABLE t_words (with UInt64, a UInt64) ENGINE = MergeTree ORDER BY a").await;
    run("INSERT INTO t_words (with, a) FORMAT CSV\n1,2\n3,4\n").await;
    run("INSERT INTO t_words (a, with) VALUES (5, 6)").await;
    let rows = "SELECT count(), sum(with) FROM t_words";
    assert_eq!(run(rows).await.unwrap(), "3\t10\n");
    for sql in [
        "INSERT INTO t_words SELECT * FROM input('with UInt64, a UInt64') FORMAT CSV\n1,2\n",
        "WITH 1 AS x INSERT INTO t_words SELECT x, a FROM input('a UInt64') FORMAT CSV\n1\n",
    ] {
        let refused = post("/", sql).await.unwrap();
        let code = refused.header("x-clickhouse-exception-code");
        assert_eq!(code, Some("344"), "{sql}: {}", refused.text());
    }
    assert_eq!(run(rows).await.unwrap(), "3\t10\n");
}

#[tokio::test]
async fn data_after_the_text_is_never_cut() {
    let Some(_) = run("DROP TABLE IF EXISTS t_http").await else {
        return;
    };
    run("CREATE TABLE t_http (a UInt64, s String) ENGINE = MergeTree ORDER BY a").await;
    let mut binary = Vec::new();
    for id in 0..100_000_u64 {
        binary.extend_from_slice(&id.to_le_bytes());
        binary.extend_from_slice(b"\x03abc");
    }
    let inline = [
        b"INSERT INTO t_http (a, s) /* FORMAT no */ FORMAT RowBinary\n",
        &binary[..],
    ]
    .concat();
    let count = "SELECT count(), uniqExact(a) FROM t_http";
    let done = post("/", &inline).await.unwrap();
    assert_eq!(done.status, 200, "{}", done.text());
    assert!(
        done.header("x-clickhouse-summary")
            .unwrap()
            .contains("\"written_rows\":\"100000\"")
    );
    assert_eq!(run(count).await.unwrap(), "100000\t100000\n");
    // The same in the URL, gzipped; then as values; then a select into it.
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(&binary).unwrap();
    let packed = gzip.finish().unwrap();
    let target = "/?query=INSERT%20INTO%20t_http%20FORMAT%20RowBinary";
    let done = send("POST", target, &[("Content-Encoding", "gzip")], &packed)
        .await
        .unwrap();
    assert_eq!(done.status, 200, "{}", done.text());
    assert_eq!(run(count).await.unwrap(), "200000\t100000\n");
    // The other codings, and a frame of LZ4 for each half as `clickhouse-connect` sends them.
    let lz4 = |bytes: &[u8]| {
        let mut frame = lz4_flex::frame::FrameEncoder::new(Vec::new());
        frame.write_all(bytes).unwrap();
        frame.finish().unwrap()
    };
    let (first, second) = binary.split_at(binary.len() / 2);
    let bodies = [
        ("zstd", zstd::bulk::compress(&binary, 1).unwrap()),
        ("lz4", [lz4(first), lz4(second)].concat()),
    ];
    run("TRUNCATE TABLE t_http").await;
    for (at, (coding, body)) in bodies.iter().enumerate() {
        let done = send("POST", target, &[("Content-Encoding", coding)], body)
            .await
            .unwrap();
        assert_eq!(done.status, 200, "{coding}: {}", done.text());
        let rows = format!("{}\t100000\n", (at + 1) * 100_000);
        assert_eq!(run(count).await.unwrap(), rows, "{coding}");
    }
    for (coding, body) in &bodies {
        let cut = &body[..body.len() / 2];
        let torn = send("POST", target, &[("Content-Encoding", coding)], cut)
            .await
            .unwrap();
        assert_eq!(
            torn.header("x-clickhouse-exception-code"),
            Some("271"),
            "{coding}"
        );
        assert_eq!(run(count).await.unwrap(), "200000\t100000\n", "{coding}");
    }
    let values: Vec<String> = (0..50_000)
        .map(|id| format!("({id}+1000000, 'x')"))
        .collect();
    run(&format!("insert into t_http values {};", values.join(","))).await;
    assert_eq!(run(count).await.unwrap(), "250000\t150000\n");
    run("INSERT INTO t_http SELECT a + 5000000, s FROM t_http").await;
    assert_eq!(run(count).await.unwrap(), "500000\t300000\n");
    let torn = send(
        "POST",
        target,
        &[("Content-Encoding", "gzip")],
        &packed[..packed.len() / 2],
    )
    .await
    .unwrap();
    assert_eq!(
        torn.header("x-clickhouse-exception-code"),
        Some("271"),
        "{}",
        torn.text()
    );
    assert_eq!(run(count).await.unwrap(), "500000\t300000\n");
}

#[tokio::test]
async fn every_format_comes_whole() {
    let Some(_) = socket() else { return };
    let from = "SELECT number AS n, toString(number) AS s FROM numbers(200000)";
    for format in [
        "TSV",
        "TSVWithNames",
        "TSVWithNamesAndTypes",
        "CSV",
        "CSVWithNames",
        "CSVWithNamesAndTypes",
        "JSONEachRow",
        "JSONCompactEachRow",
        "JSONCompactEachRowWithNamesAndTypes",
        "RowBinary",
        "RowBinaryWithNames",
        "RowBinaryWithNamesAndTypes",
        "Native",
        "MsgPack",
        "JSON",
        "Values",
        "Parquet",
        "ArrowStream",
        "Null",
    ] {
        let target = |more: &str| format!("/?default_format={format}{more}");
        let streamed = post(&target(""), from).await.unwrap();
        assert!(streamed.complete && streamed.status == 200, "{format}");
        // Formats that state how long they took differ in that; the engine reads its own output back.
        let table = format!("t_{}", format.to_lowercase());
        if format == "Null" {
            assert!(streamed.body.is_empty());
            continue;
        }
        run(&format!("DROP TABLE IF EXISTS {table}")).await;
        run(&format!(
            "CREATE TABLE {table} (n UInt64, s String) ENGINE = Memory"
        ))
        .await;
        let insert = format!("/?query=INSERT%20INTO%20{table}%20FORMAT%20{format}");
        let done = post(&insert, &streamed.body).await.unwrap();
        assert_eq!(done.status, 200, "{format}: {}", done.text());
        let sums = run(&format!(
            "SELECT count(), sum(n), sum(length(s)) FROM {table}"
        ))
        .await
        .unwrap();
        assert_eq!(sums, "200000\t19999900000\t1088890\n", "{format}");
        run(&format!("DROP TABLE {table}")).await;
    }
}

#[tokio::test]
async fn totals_and_empty_results_are_right() {
    let Some(totals) = run("SELECT number % 2 AS a, sum(number) FROM numbers(4) GROUP BY a WITH TOTALS ORDER BY a FORMAT TSVWithNames").await else {
        return;
    };
    assert_eq!(totals, "a\tsum(number)\n0\t2\n1\t4\n\n0\t6\n");
    assert_eq!(
        run("SELECT 1 AS a WHERE 0 FORMAT CSVWithNames")
            .await
            .unwrap(),
        "\"a\"\n"
    );
    assert_eq!(run("SELECT 1 AS a WHERE 0").await.unwrap(), "");
}

#[tokio::test]
async fn a_failing_result_is_marked_and_broken_off() {
    let Some(answer) = post(
        "/?default_format=TSV",
        "SELECT number, throwIf(number = 900000) FROM numbers(1000000)",
    )
    .await
    else {
        return;
    };
    assert_eq!(answer.status, 200);
    assert!(!answer.complete, "the chunks end properly");
    let tag = answer
        .header("x-clickhouse-exception-tag")
        .unwrap()
        .to_owned();
    let text = answer.text();
    assert!(
        text.ends_with(&format!(" {tag}\r\n__exception__\r\n")),
        "{}",
        &text[text.len() - 300..]
    );
    assert!(text.contains("Code: 395. DB::Exception: "));
    let early = post("/", "SELECT throwIf(number = 3) FROM numbers(10)")
        .await
        .unwrap();
    assert_eq!(
        (early.status, early.header("x-clickhouse-exception-code")),
        (500, Some("395"))
    );
}

#[tokio::test]
async fn blocks_pack_both_ways() {
    let Some(packed) = post("/?compress=1", "SELECT 'some text'").await else {
        return;
    };
    // Checksum, then LZ4's method byte.
    assert_eq!(packed.body[16], 0x82);
    run("DROP TABLE IF EXISTS t_blocks").await;
    run("CREATE TABLE t_blocks (s String) ENGINE = Memory").await;
    let target = "/?decompress=1&query=INSERT%20INTO%20t_blocks%20FORMAT%20TSV";
    let done = post(target, &packed.body).await.unwrap();
    assert_eq!(done.status, 200, "{}", done.text());
    assert_eq!(run("SELECT * FROM t_blocks").await.unwrap(), "some text\n");
    let mut damaged = packed.body.clone();
    damaged[20] ^= 1;
    let refused = post(target, &damaged).await.unwrap();
    assert_eq!(refused.header("x-clickhouse-exception-code"), Some("271"));
    // The text itself may be packed with its data.
    let whole = post(
        "/?compress=1",
        "SELECT 'INSERT INTO t_blocks FORMAT TSV\nx' FORMAT LineAsString",
    )
    .await
    .unwrap();
    let done = post("/?decompress=1", &whole.body).await.unwrap();
    assert_eq!(done.status, 200, "{}", done.text());
    assert_eq!(run("SELECT count() FROM t_blocks").await.unwrap(), "2\n");
}

#[tokio::test]
async fn a_statement_ends_when_its_client_leaves() {
    let Some(_) = run("DROP TABLE IF EXISTS t_left").await else {
        return;
    };
    run("CREATE TABLE t_left (a UInt64) ENGINE = MergeTree ORDER BY a").await;
    let running = "SELECT count() FROM system.processes WHERE query LIKE '%_left %' AND query NOT LIKE '%processes%'";
    let slow = "sleepEachRow(0.05) AS a FROM numbers(1200) SETTINGS max_block_size = 1";
    for sql in [
        format!("INSERT INTO t_left SELECT {slow}"),
        format!("SELECT '_left ', {slow}"),
    ] {
        let mut stream = UnixStream::connect(socket().unwrap()).await.unwrap();
        let head = format!(
            "POST /?log_comment=a%20client HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{sql}",
            sql.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        until(running, "1\n").await;
        drop(stream);
        until(running, "0\n").await;
    }
    assert_eq!(run("SELECT count() FROM t_left").await.unwrap(), "0\n");
}

/// Asks until the answer is the one that is waited for.
async fn until(sql: &str, expected: &str) {
    let since = std::time::Instant::now();
    loop {
        let found = run(sql).await.unwrap();
        if found == expected {
            return;
        }
        // The statement itself would take a minute.
        assert!(since.elapsed().as_secs() < 20, "{sql}: {found}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn what_is_not_supported_is_said() {
    let Some(role) = post("/?role=a", "SELECT 1").await else {
        return;
    };
    assert_eq!(role.header("x-clickhouse-exception-code"), Some("344"));
    // A session may be named, since many clients do; it may not be relied on.
    let named = post("/?session_id=a", "SELECT 1").await.unwrap();
    assert_eq!(named.text(), "1\n");
    for sql in ["SET max_threads = 1", "CREATE TEMPORARY TABLE t (a UInt8)"] {
        let relied = post("/?session_id=a", sql).await.unwrap();
        assert_eq!(
            relied.header("x-clickhouse-exception-code"),
            Some("344"),
            "{sql}"
        );
        assert!(relied.text().contains("session_id"));
    }
    let coding = send("POST", "/", &[("Content-Encoding", "br")], b"SELECT 1")
        .await
        .unwrap();
    assert_eq!(coding.header("x-clickhouse-exception-code"), Some("89"));
    let setting = post("/?a%27%3B=1", "SELECT 1").await.unwrap();
    assert_eq!(setting.header("x-clickhouse-exception-code"), Some("115"));
}

/// Unpacks gzip.
pub(crate) fn gunzip(bytes: &[u8]) -> String {
    let mut text = String::new();
    flate2::read::GzDecoder::new(bytes)
        .read_to_string(&mut text)
        .expect("gzip");
    text
}
