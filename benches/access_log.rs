//! A seeded access log, 90 days, 2,000 pages, files beside them, errors and robots: reads by day and
//! path, counted by our parser and by `mawk`, in one run and with the same answer, and by GoAccess, which
//! counts more and has no such answer; and the whole import, beside the same lines imported by the engine
//! itself. `cargo bench --bench access_log [-- LINES]`.

mod bench;

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use bench::{cpu, forget_peak, measure, numbers_or, peak, readback};
use chrono::{DateTime, NaiveDate};
use readback::engine::{self, Engine};
use readback::model::DAY_MS;
use readback::sources::access_log::parse_line;

const ROUNDS: usize = 3;
const PAGES: u64 = 2000;
const START: i64 = 1_767_225_600;
/// The same question as [`count`].
const MAWK: &str = r#"$6 == "\"GET" && ($9 == 200 || $9 == 304) { n[substr($4, 2, 11) " " $7]++ }
END { for (key in n) print key, n[key] }"#;

/// What GoAccess counts of a million lines is told by the second; of more it would take minutes.
const GOACCESS_LINES: u64 = 1_000_000;
/// The engine's own table for what an import keeps of a line.
const OWN_TABLE: &str = "CREATE TABLE own_read (at DateTime, path String, user String, status UInt16, \
    bytes UInt64, agent LowCardinality(String)) ENGINE = MergeTree ORDER BY (path, at) \
    SETTINGS fsync_after_insert = 1";
/// Its own import: as fast as anything it has (PEERS 1).
const OWN_IMPORT: &str = "INSERT INTO own_read \
    SELECT parseDateTime(substring(w[4], 2), '%d/%b/%Y:%H:%i:%S'), w[7], w[3], toUInt16(w[9]), \
        toUInt64(w[10]), splitByChar('\"', line)[6] \
    FROM (SELECT line, splitByChar(' ', line) AS w FROM file('LOG', LineAsString)) \
    WHERE w[6] = '\"GET' AND w[9] IN ('200', '304')";

/// GET 200 and 304 by day and path.
type Counts = HashMap<i64, HashMap<Vec<u8>, u64>>;

#[tokio::main]
async fn main() {
    let lines = numbers_or(&[1_000_000])[0];
    let mut out = io::stdout();
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("access.log");
    write_log(&log, lines).expect("a log");
    let mib = std::fs::metadata(&log).expect("a log").len() as f64 / 1048576.0;
    writeln!(
        out,
        "{lines} lines, {mib:.0} MiB, medians of {ROUNDS} rounds\n\
         what                    lines/s  over mawk"
    )
    .expect("stdout");
    let (mut parsing, mut counting, mut awk) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let since = Instant::now();
        let readable = parse(&log).expect("lines");
        parsing.push(since.elapsed().as_secs_f64());
        assert_eq!(readable, lines);
        let since = Instant::now();
        let ours = count(&log).expect("counts");
        counting.push(since.elapsed().as_secs_f64());
        let since = Instant::now();
        let theirs = mawk(&log);
        awk.push(since.elapsed().as_secs_f64());
        let Some(theirs) = theirs else {
            writeln!(out, "skipped: mawk is not installed (apt-get install mawk)").expect("stdout");
            return;
        };
        assert!(ours == theirs, "mawk counts differently");
    }
    let awk = median(awk);
    let mut row = |name: &str, seconds: f64| {
        let speed = lines as f64 / seconds;
        writeln!(out, "{name:<20} {speed:>10.0} {:>10.2}", awk / seconds).expect("stdout");
    };
    row("mawk", awk);
    row("parse", median(parsing));
    row("parse and count", median(counting));

    let mut out = io::stdout();
    match goaccess(&log, lines, folder.path()) {
        Some(speed) => writeln!(
            out,
            "{:<20} {speed:>10.0} {:>10.2}",
            "goaccess",
            speed * awk / lines as f64
        ),
        None => writeln!(
            out,
            "skipped: GOACCESS IS NOT INSTALLED (apt-get install goaccess); nothing is compared with it"
        ),
    }
    .expect("stdout");
    let Some(library) = bench::library(&mut out) else {
        return;
    };
    let data = folder.path().join("data");
    let (engine, process) = bench::engine(&data, &library).await;
    forget_peak(process);
    let before = cpu(process);
    let mut command = readback(&data);
    command.args(["import", "access-log", "--param"]);
    let imported = measure(command.arg("base=https://wiki.example.org").arg(&log));
    row("import", imported.seconds);
    let engines_own = own(&engine, &log).await;
    row("engine's own import", engines_own);
    writeln!(
        out,
        "import over the engine's own: {:.2} (aim 0.8)",
        engines_own / imported.seconds
    )
    .expect("stdout");
    writeln!(
        out,
        "import: {:.2} cpu s, {:.0} MiB in our process, {:.2} cpu s, {:.0} MiB in the engine",
        imported.cpu,
        imported.peak_mib,
        cpu(process) - before,
        peak(process)
    )
    .expect("stdout");
    engine.stop().await;
}

/// Lines in a second by GoAccess; `None` where it is not installed.
fn goaccess(log: &Path, lines: u64, folder: &Path) -> Option<f64> {
    let part = folder.join("goaccess.log");
    let lines = lines.min(GOACCESS_LINES);
    let mut input = BufReader::with_capacity(1 << 20, File::open(log).expect("a log"));
    let mut output = BufWriter::with_capacity(1 << 20, File::create(&part).expect("a log"));
    let mut line = Vec::new();
    for _ in 0..lines {
        line.clear();
        input.read_until(b'\n', &mut line).expect("a line");
        output.write_all(&line).expect("a line");
    }
    output.flush().expect("a log");
    let since = Instant::now();
    let mut command = Command::new("goaccess");
    command
        .arg(&part)
        .args(["--log-format=COMBINED", "--no-global-config", "-o"]);
    command.arg(folder.join("goaccess.json"));
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let status = command.status().ok()?;
    assert!(status.success(), "goaccess failed");
    Some(lines as f64 / since.elapsed().as_secs_f64())
}

/// Seconds of the same import inside the engine.
async fn own(engine: &Engine, log: &Path) -> f64 {
    let client = engine::client(engine.endpoint());
    client.query(OWN_TABLE).execute().await.expect("a table");
    let import = OWN_IMPORT.replace("LOG", &log.display().to_string());
    let since = Instant::now();
    client.query(&import).execute().await.expect("an import");
    since.elapsed().as_secs_f64()
}

/// Lines that are an access.
fn parse(log: &Path) -> io::Result<u64> {
    let mut readable = 0;
    each_line(log, |line| readable += u64::from(parse_line(line).is_ok()))?;
    Ok(readable)
}

fn count(log: &Path) -> io::Result<Counts> {
    let mut counts = Counts::new();
    each_line(log, |line| {
        let Ok(line) = parse_line(line) else { return };
        if line.method != b"GET" || !matches!(line.status, 200 | 304) {
            return;
        }
        let day = counts.entry(line.at.div_euclid(DAY_MS)).or_default();
        match day.get_mut(line.path) {
            Some(n) => *n += 1,
            None => {
                day.insert(line.path.to_vec(), 1);
            }
        }
    })?;
    Ok(counts)
}

fn each_line(log: &Path, mut each: impl FnMut(&[u8])) -> io::Result<()> {
    let mut input = BufReader::with_capacity(1 << 20, File::open(log)?);
    let mut line = Vec::new();
    loop {
        line.clear();
        if input.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        each(line.strip_suffix(b"\n").unwrap_or(&line));
    }
}

/// mawk's answer; `None` where it is not installed.
fn mawk(log: &Path) -> Option<Counts> {
    let mut command = Command::new("mawk");
    let command = command.arg(MAWK).arg(log).stdout(Stdio::piped());
    let answer = command.spawn().ok()?.wait_with_output().expect("mawk");
    assert!(answer.status.success(), "mawk failed");
    let mut counts = Counts::new();
    for line in String::from_utf8_lossy(&answer.stdout).lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let [day, path, n] = words[..] else {
            panic!("mawk says {line}");
        };
        let date = NaiveDate::parse_from_str(day, "%d/%b/%Y").expect("a date");
        let day = date.signed_duration_since(NaiveDate::default()).num_days();
        let n = n.parse().expect("a number");
        let day = counts.entry(day).or_default();
        day.insert(path.as_bytes().to_vec(), n);
    }
    Some(counts)
}

/// The log: the same at every run.
fn write_log(path: &Path, lines: u64) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let mut state = 2_u64;
    let mut roll = |sides: u64| {
        // splitmix64 (Steele, Lea, Flood 2014).
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    };
    for number in 0..lines {
        let seconds = START + (number * 90 * 86_400 / lines) as i64;
        let time = DateTime::from_timestamp(seconds, 0).expect("a time");
        let time = time.format("%d/%b/%Y:%H:%M:%S +0000");
        let (a, b) = (roll(200), roll(250));
        let user = match roll(3) {
            0 => "-".to_owned(),
            _ => format!("user{}", roll(3000)),
        };
        // The lower of two: a few pages are read often, most of them seldom.
        let page = roll(PAGES).min(roll(PAGES));
        let (request, status) = match roll(100) {
            0..4 => (format!("GET /static/app-{}.css", roll(20)), 200),
            4..6 => (format!("POST /api/save/{page}"), 200),
            6..8 => (format!("GET /gone/{}", roll(500)), 404),
            8..20 => (format!("GET /wiki/incidents/{page}"), 304),
            _ => (format!("GET /wiki/incidents/{page}"), 200),
        };
        let bytes = 500 + roll(90_000);
        let agent = match roll(20) {
            0 => "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            _ => {
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36"
            }
        };
        writeln!(
            out,
            "10.1.{a}.{b} - {user} [{time}] \"{request} HTTP/1.1\" {status} {bytes} \
             \"https://wiki.example.org/wiki/start\" \"{agent}\""
        )?;
    }
    out.flush()
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}
