//! Whatever a file holds, no source panics, hangs, or grows without bound: every kind that reads
//! files is given noise, broken packings, endless lines and foreign encodings.

use std::io::Write as _;
use std::path::Path;

use proptest::prelude::*;
use readback::collect::input;
use readback::sources::{KINDS, Kind, KnownWriteup, Setting};

use super::binary::Home;
use super::shown::Shown;

/// Parameters that a kind can't do without.
fn params(kind: &Kind) -> toml::Table {
    let mut params = toml::Table::new();
    if kind.name == "access-log" {
        params.insert("base".to_owned(), "https://wiki.example.org".into());
    }
    params
}

/// Reads bytes with every kind; refusing them is fine.
fn read_all(bytes: &[u8]) {
    let setting = Setting {
        source: "rubbish".to_owned(),
        vocabulary: readback::model::Vocabulary::default(),
        timezone: chrono_tz::Europe::Berlin,
        writeups: vec![KnownWriteup {
            id: "a".to_owned(),
            title: Some("A".to_owned()),
            aliases: vec!["INC-1".to_owned(), "https://wiki.example.org/a".to_owned()],
        }],
    };
    for kind in KINDS {
        let Some(build) = kind.file else { continue };
        let mut reader = build(params(kind), &setting).expect("parameters");
        let mut shown = Shown::default();
        let _ = reader.read("rubbish", &mut &*bytes, &mut shown);
    }
}

/// Pieces of what the kinds read, to get deeper than noise does.
const PIECES: [&str; 24] = [
    "BEGIN:VCALENDAR\r\n",
    "BEGIN:VEVENT\r\n",
    "END:VEVENT\r\n",
    "END:VCALENDAR\r\n",
    "DTSTART;TZID=Mars/Olympus:20250304T150000\r\n",
    "RRULE:FREQ=SECONDLY;COUNT=99999999\r\n",
    "ATTENDEE;ROLE=CHAIR:mailto:a@example.org\r\n",
    "DURATION:-P99999999999W\r\n",
    "{\"specversion\":\"1.0\",",
    "\"type\":\"org.readback.read.v1\"",
    "[",
    "]",
    "{",
    "}",
    "\n",
    "1. Summary\n",
    "Meeting title\tx\n",
    "2. Participants\n",
    "Name\tFirst Join\tLast Leave\n",
    "meeting,writeup,person,start,present_minutes\n",
    "m,a,p,2025-02-30T25:61,1e309\n",
    "1.2.3.4 - - [30/Feb/2025:25:61:61 +9999] \"GET /a HTTP/1.1\" 200 1 \"\" \"\"\n",
    "{\"action\":\"created\",\"comment\":{\"id\":-1e400,\"created_at\":\"0000\"}}",
    "\u{feff}\0\u{1f}",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn noise(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        read_all(&bytes);
    }

    #[test]
    fn pieces(pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..30)) {
        let text = pieces.concat();
        read_all(text.as_bytes());
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        read_all(&[&[0xff, 0xfe], &*wide].concat());
    }

    /// A valid input with one piece cut out and one byte changed, or repeated until no number holds
    /// it.
    #[test]
    fn damage(
        which in 0..usize::MAX,
        from in 0..usize::MAX,
        length in 0_usize..40,
        byte in any::<u8>(),
        again in prop::sample::select(&[0_usize, 0, 3, 9, 10, 19, 20, 40, 400][..]),
    ) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sources");
        let mut inputs = super::lexed::files(&root);
        inputs.retain(|path| path.extension().is_some_and(|ending| ending != "toml" && ending != "jsonl"));
        let mut bytes = std::fs::read(&inputs[which % inputs.len()]).expect("an input");
        let from = from % bytes.len();
        let to = (from + length).min(bytes.len());
        bytes.drain(from..to);
        if let Some(at) = bytes.get_mut(from) {
            let byte = if again == 0 { byte } else { *at };
            *at = byte;
            bytes.splice(from..from, std::iter::repeat_n(byte, again));
        }
        read_all(&bytes);
    }
}

fn gz(text: &[u8]) -> Vec<u8> {
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(text).expect("a vector");
    gz.finish().expect("a vector")
}

#[test]
fn the_program_takes_rubbish_calmly() {
    let home = Home::new();
    let line = vec![b'x'; 5 << 20];
    let whole = gz(&b"{}\n".repeat(10_000));
    let wide: Vec<u8> = "{\"a\": \u{20ac}}\n"
        .repeat(1000)
        .encode_utf16()
        .flat_map(u16::to_be_bytes)
        .collect();
    let deep = vec![b'['; 200_000];
    for (name, bytes) in [
        ("empty", vec![]),
        ("one-line", line),
        ("cut.gz", whole[..whole.len() / 2].to_vec()),
        ("cut.zst", vec![0x28, 0xb5, 0x2f, 0xfd, 1, 2, 3]),
        ("utf16", wide),
        ("deep", deep),
        ("zeros", vec![0; 100_000]),
    ] {
        let path = home.file(name, bytes);
        for kind in KINDS.iter().filter(|kind| kind.file.is_some()) {
            let mut arguments = vec![
                "import".to_owned(),
                kind.name.to_owned(),
                path.clone(),
                "--dry-run".to_owned(),
            ];
            for (key, value) in params(kind) {
                arguments.extend(["-p".to_owned(), format!("{key}={value}")]);
            }
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let said = home.run(&arguments);
            assert!(matches!(said.code, Some(0 | 1)), "{arguments:?}: {said:?}");
            // Words, not the rubbish itself.
            let longest = said.err.lines().map(str::len).max();
            assert!(
                longest < Some(500),
                "{arguments:?}: {longest:?} bytes in a line"
            );
            if name.starts_with("cut.") {
                assert_eq!(said.code, Some(1), "{arguments:?}: {}", said.err);
                assert!(said.err.contains(name), "{arguments:?}: {}", said.err);
            }
        }
    }
    assert!(input::open(&home.path("nothing"), |_| ()).is_err());
}
