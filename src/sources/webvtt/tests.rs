//! The parser on files of our own, on those of the standard's own tests, and on noise; and who spoke.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;
use serde_json::Value;

use super::cue_text::{Node, parse as parse_text};
use super::*;
use crate::sources::collected::skipped;

/// Times and texts.
fn cues(text: &str) -> Vec<(Millis, Millis, String)> {
    let cues = parse(text.as_bytes(), Timing::Standard).ok().unwrap();
    cues.into_iter()
        .map(|cue| (cue.from, cue.until, cue.text))
        .collect()
}

fn heard(text: &str) -> Spoken {
    spoken(&parse(text.as_bytes(), Timing::Standard).ok().unwrap())
}

#[test]
fn files_begin_with_the_word() {
    for text in [
        "WEBVTT",
        "\u{feff}WEBVTT",
        "WEBVTT - a title",
        "WEBVTT\tx\n\n",
        "WEBVTT\r\rNOTE x",
    ] {
        assert!(cues(text).is_empty(), "{text:?}");
    }
    for text in [
        "",
        "WEBVT",
        "webvtt",
        "WEBVTTx",
        "\nWEBVTT",
        "\u{feff}\u{feff}WEBVTT",
        "1\n00:00.000 --> 00:01.000\na",
    ] {
        assert!(
            parse(text.as_bytes(), Timing::Standard).is_err(),
            "{text:?}"
        );
    }
    assert!(NoWebVtt.to_string().contains("WEBVTT"));
}

#[test]
fn blocks_are_cues_by_their_times() {
    let text = "WEBVTT\nKind: captions\n\nNOTE\nnot 00:00\n\nSTYLE\n::cue { color: red }\n\n\
        one\n00:00.500 --> 01:00:02.000 align:start\nfirst\nsecond\n00:03.000\t-->\t00:04.000\nno empty line before\n\n\
        two\nlines above\n00:05.000 --> 00:06.000\nan id has one line\n\n\
        00:07.000 --> 00:06.000\nbackwards\n\n00:61.000 --> 00:62.000\nno such second\n\n99:00:00.000 --> 100:00:00.000";
    assert_eq!(
        cues(text),
        [
            (500, 3_602_000, "first\nsecond".to_owned()),
            (3000, 4000, "no empty line before".to_owned()),
            (5000, 6000, "an id has one line".to_owned()),
            (7000, 6000, "backwards".to_owned()),
            (356_400_000, 360_000_000, String::new()),
        ]
    );
    assert_eq!(cues(&text.replace('\n', "\r\n")), cues(text));
    let found = parse(text.as_bytes(), Timing::Standard).ok().unwrap();
    assert_eq!((found[0].id.as_str(), found[2].id.as_str()), ("one", ""));
}

#[test]
fn graph_writes_times_of_its_own() {
    let text = "WEBVTT\n\n0:0:0.0 --> 0:0:5.320\n<v User Name>a</v>\n\n-0:0:1.5 --> 0:0:1.25\n<v User Name>b</v>\n\n\
        00:00:10.000 --> 00:00:11.1234567\n<v Other>c</v>\n";
    assert!(
        cues(text).is_empty() || cues(text).len() == 1,
        "the standard knows none of these but the last"
    );
    let found = parse(text.as_bytes(), Timing::Graph).ok().unwrap();
    let times: Vec<_> = found.iter().map(|cue| (cue.from, cue.until)).collect();
    assert_eq!(times, [(0, 5320), (-1500, 1250), (10_000, 11_123)]);
    let spoken = spoken(&found);
    assert_eq!(
        (spoken.of("User Name"), spoken.of("Other")),
        (Some(6820), Some(1123))
    );
}

#[test]
fn voices_are_speakers() {
    let teams = "WEBVTT\n\n9f/1-0\n00:00:00.000 --> 00:00:12.000\n<v Ada Lovelace>one</v>\n\n\
        9f/2-0\n00:00:06.000 --> 00:00:14.000\n<v Ada Lovelace>two &amp; three</v>\n\n\
        00:00:20.000 --> 00:00:30.000\n<v.loud  Grace \t Hopper>aaaa<v R&amp;D>bbbb bb\n\n\
        00:00:30.000 --> 00:00:33.000\n<i>nobody</i>\n\n00:00:40.000 --> 00:00:44.000\n<v Grace Hopper> </v>\n";
    let spoken = heard(teams);
    assert_eq!(spoken.of("Ada Lovelace"), Some(14_000));
    // Four letters of ten, then the six of the voice inside.
    assert_eq!(
        (spoken.of("Grace Hopper"), spoken.of("R&D")),
        (Some(4000), Some(6000))
    );
    assert_eq!((spoken.unknown_ms(), spoken.total_ms()), (3000, 27_000));
    assert_eq!(
        (
            spoken.speakers(),
            spoken.speakers_without(&["Ada Lovelace"])
        ),
        (1, 0)
    );
}

#[test]
fn names_before_a_colon_are_speakers_where_most_cues_have_them() {
    let zoom = "WEBVTT\n\n1\n00:00:00.000 --> 00:00:10.000\nAda Lovelace: the rule is: look\n\n\
        2\n00:00:10.000 --> 00:00:21.000\nNick (Grace Hopper): 10:30 was the time\n\n\
        3\n00:00:21.000 --> 00:00:25.000\nand it went on\n\n\
        4\n00:00:25.000 --> 00:00:26.000\nAda Lovelace:\nsee https://example.org\n";
    let spoken = heard(zoom);
    assert_eq!(spoken.of("Ada Lovelace"), Some(11_000));
    assert_eq!(spoken.of("Nick (Grace Hopper)"), Some(11_000));
    assert_eq!((spoken.unknown_ms(), spoken.speakers()), (4000, 2));

    let prose = "WEBVTT\n\n00:00.000 --> 00:20.000\nRemember: check\n\n00:20.000 --> 00:40.000\nhttps://example.org\n\n\
        00:40.000 --> 01:00.000\nat 10:30\n";
    let spoken = heard(prose);
    assert_eq!((spoken.speakers(), spoken.unknown_ms()), (0, 60_000));
}

#[test]
fn not_every_colon_follows_a_name() {
    let zoom = |texts: &[&str]| {
        let mut file = "WEBVTT\n".to_owned();
        for (index, text) in texts.iter().enumerate() {
            let (from, until) = (index * 12, index * 12 + 12);
            let at = |seconds: usize| format!("00:{:02}:{:02}.000", seconds / 60, seconds % 60);
            write!(file, "\n{} --> {}\n{text}\n", at(from), at(until)).unwrap();
        }
        heard(&file)
    };
    let spoken = zoom(&[
        "Ada Lovelace: we begin",
        "Grace Hopper: yes",
        "Action item: look at the queue",
        "Action item: and at the other one",
        "The question is: who saw it",
        "Ada Lovelace: I did",
    ]);
    assert_eq!((spoken.speakers(), spoken.unknown_ms()), (2, 36_000));
    // Written in other ways, and in scripts that have no small letters.
    let spoken = zoom(&[
        "Ludwig van der Berg: one",
        "de Vries: two",
        "王小明: three",
        "Ada's iPhone: four",
        "Ada (she/her): five",
        "ada: six",
        "ada: seven",
        "grace: eight",
    ]);
    assert_eq!((spoken.speakers(), spoken.unknown_ms()), (6, 12_000));
}

#[test]
fn names_with_references_are_one_speaker() {
    let spoken = heard(
        "WEBVTT\n\n00:00.000 --> 00:06.000\n<v Ren&eacute; O&Tab;N>one</v>\n\n\
         00:06.000 --> 00:12.000\n<v René O N>two</v>\n",
    );
    assert_eq!(spoken.of("René O N"), Some(12_000));
}

#[test]
fn a_file_of_lines_is_read_as_graph_means_it() {
    let line = |from: &str, until: &str, who: &str| {
        format!(
            "{{\"startDateTime\":\"2023-03-08T10:10:{from}Z\",\"endDateTime\":\"2023-03-08T10:10:{until}Z\",\
             \"speakerName\":\"{who}\",\"spokenText\":\"one\",\"spokenLanguage\":\"en-us\"}}\r\n"
        )
    };
    let file = line("17.248", "28.248", "Ada") + "\n" + &line("28.248", "30", "Grace");
    let spoken = spoken(&lines(file.as_bytes()).unwrap());
    assert_eq!(
        (spoken.of("Ada"), spoken.of("Grace"), spoken.speakers()),
        (Some(11_000), Some(1752), 1)
    );
    for file in [
        "",
        "WEBVTT\n",
        "{}\n",
        "{\"speakerName\": \"Ada\"}\n",
        "[1]",
    ] {
        assert!(lines(file.as_bytes()).is_none(), "{file}");
    }
}

/// A tree as the standard's tests write it.
fn drawn(nodes: &[Node], depth: usize, out: &mut String) {
    for node in nodes {
        let indent = "  ".repeat(depth);
        match node {
            Node::Text(text) => {
                writeln!(out, "| {indent}\"{text}\"").unwrap();
            }
            Node::Tag(tag) => {
                let name = if tag.name == "c" { "span" } else { tag.name };
                writeln!(out, "| {indent}<{name}>").unwrap();
                drawn(&tag.children, depth + 1, out);
            }
        }
    }
}

/// All files of a folder of the fixtures that end so, by name.
fn files(ends: &str) -> Option<Vec<(String, Vec<u8>)>> {
    let fixtures = std::env::var_os("READBACK_FIXTURES").map(PathBuf::from)?;
    let mut files = Vec::new();
    for entry in fs::read_dir(fixtures.join("webvtt")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.ends_with(ends) {
            files.push((name, fs::read(path).unwrap()));
        }
    }
    files.sort();
    Some(files)
}

#[test]
fn the_trees_of_the_standard() {
    let Some(files) = files(".json") else {
        return skipped("READBACK_FIXTURES is not set");
    };
    let vectors = files
        .iter()
        .filter(|(name, _)| name.starts_with("wpt-cue-parsing"));
    let (mut same, mut other) = (0, Vec::new());
    for (_, bytes) in vectors {
        let vectors: Value = serde_json::from_slice(bytes).unwrap();
        for vector in vectors.as_array().unwrap() {
            let text = vector["text"].as_str().unwrap();
            let file = format!("WEBVTT\n\n00:00.000 --> 00:01.000\n{text}");
            let mut tree = String::new();
            drawn(&parse_text(&cues(&file)[0].2), 0, &mut tree);
            match tree == vector["expectedTree"].as_str().unwrap() {
                true => same += 1,
                false => other.push(text.trim_end().to_owned()),
            }
        }
    }
    assert_eq!(other, [""; 0]);
    assert_eq!(same, 39);
}

#[test]
fn the_cues_of_another_parser() {
    let Some(all) = files("") else {
        return skipped("READBACK_FIXTURES is not set");
    };
    let mut compared = 0;
    for (name, bytes) in all.iter().filter(|(name, _)| name.starts_with("cuetext__")) {
        if !name.ends_with(".json") || name.ends_with("-proc.json") {
            continue;
        }
        let expected: Value = serde_json::from_slice(bytes).unwrap();
        let sibling = name.replace(".json", ".vtt");
        let (_, file) = all.iter().find(|(name, _)| *name == sibling).unwrap();
        let found = parse(file, Timing::Standard).ok().unwrap();
        let expected = expected["cues"].as_array().unwrap();
        assert_eq!(found.len(), expected.len(), "{name}");
        for (cue, expected) in found.iter().zip(expected) {
            let ms = |field: &str| expected[field].as_i64().map(|seconds| seconds * 1000);
            assert_eq!(
                (Some(cue.from), Some(cue.until)),
                (ms("startTime"), ms("endTime")),
                "{name}"
            );
            assert_eq!(
                Some(cue.text.trim_end()),
                expected["text"].as_str().map(str::trim_end),
                "{name}"
            );
            compared += 1;
        }
        let proc = name.replace(".json", "-proc.json");
        let (_, shown) = all.iter().find(|(name, _)| *name == proc).unwrap();
        let shown: Value = serde_json::from_slice(shown).unwrap();
        let mut voice = &shown[0]["childNodes"][0]["childNodes"][0];
        if voice["title"].as_str().unwrap_or_default().is_empty() {
            voice = &shown[0]["childNodes"][0];
        }
        let Some(Node::Tag(tag)) = parse_text(&found[0].text).into_iter().next() else {
            panic!("{name}: no voice");
        };
        let title = voice["title"].as_str().unwrap_or_default();
        assert_eq!(tag.annotation, title.trim(), "{name}");
    }
    assert_eq!(compared, 3);
}

/// What the standard's algorithm makes of each file: how many cues, or refused.
const EXPECTED: &str = include_str!("expected.txt");

#[test]
fn every_file_is_parsed_or_refused() {
    let Some(files) = files(".vtt") else {
        return skipped("READBACK_FIXTURES is not set");
    };
    let mut found = String::new();
    for (name, bytes) in &files {
        let said = match parse(bytes, Timing::Standard) {
            Err(NoWebVtt) => "refused".to_owned(),
            Ok(cues) => {
                // The standard's own files call what must not be seen by this name.
                let hides = name.contains("__timings") || name.contains("__nulls");
                let seen = cues.iter().any(|cue| cue.text.starts_with("invalid"));
                assert!(!(hides && seen), "{name}");
                spoken(&cues);
                cues.len().to_string()
            }
        };
        writeln!(found, "{name} {said}").unwrap();
    }
    assert_eq!(found, EXPECTED);
}

/// The cues of each file by another implementation of the standard's algorithm.
const REFERENCE: &str = include_str!("reference.txt");

#[test]
fn every_cue_is_that_of_the_reference_parser() {
    let Some(files) = files(".vtt") else {
        return skipped("READBACK_FIXTURES is not set");
    };
    let hash = |text: &str| {
        let step = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        text.bytes().fold(0x811c_9dc5, step)
    };
    let expected: Vec<&str> = REFERENCE
        .lines()
        .filter(|line| !line.starts_with('#'))
        .collect();
    assert_eq!(expected.len(), files.len());
    for ((name, bytes), expected) in files.iter().zip(expected) {
        let mut found = name.clone();
        match parse(bytes, Timing::Standard) {
            Err(NoWebVtt) => found.push_str(" refused"),
            Ok(cues) => {
                for Cue {
                    from, until, text, ..
                } in cues
                {
                    write!(found, " {from}-{until}-{:08x}", hash(&text)).unwrap();
                }
            }
        }
        assert_eq!(found, expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn noise_is_parsed_or_refused(
        pieces in proptest::collection::vec(
            prop_oneof![
                Just("WEBVTT".to_owned()), Just("\n".to_owned()), Just("\r".to_owned()), Just("-->".to_owned()),
                Just("00:01.000 --> 00:02.000".to_owned()), Just("99999999999999999999:00:00.000".to_owned()),
                Just("<v A".to_owned()), Just(">".to_owned()), Just("</v>".to_owned()), Just("&#x110000;".to_owned()),
                Just("<ruby><rt>".to_owned()), Just("Ada: ".to_owned()), ".{0,6}",
            ],
            0..40,
        ),
        is_graph in any::<bool>(),
    ) {
        let text = format!("WEBVTT\n\n{}", pieces.concat());
        let timing = if is_graph { Timing::Graph } else { Timing::Standard };
        let cues = parse(text.as_bytes(), timing).ok().unwrap();
        let spoken = spoken(&cues);
        prop_assert!(spoken.unknown_ms() <= spoken.total_ms());
    }

    #[test]
    fn seconds_are_those_that_a_clock_counts(
        said in proptest::collection::vec((0_usize..3, 0_i64..60, 0_i64..60), 0..12),
    ) {
        const NAMES: [&str; 3] = ["Ada", "Grace", "Alan"];
        let mut text = "WEBVTT\n\n".to_owned();
        for (who, from, until) in &said {
            write!(text, "00:{from:02}.000 --> 00:{until:02}.000\n<v {}>a</v>\n\n", NAMES[*who]).unwrap();
        }
        let spoken = heard(&text);
        let counted = |who: Option<usize>| -> u64 {
            let at_work = |at: i64| said.iter().any(|(speaker, from, until)| {
                who.is_none_or(|who| who == *speaker) && (*from..*until).contains(&at)
            });
            (0..60).filter(|at| at_work(*at)).map(|_| 1000).sum()
        };
        prop_assert_eq!(spoken.total_ms(), counted(None));
        for (who, name) in NAMES.iter().enumerate() {
            prop_assert_eq!(spoken.of(name).unwrap_or(0), counted(Some(who)));
        }
    }
}
