//! The script that pages load: `beacon.js` with the settings of its source, without comments and white
//! space, plain and packed.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde_json::{Map, Value};

const SCRIPT: &str = include_str!("beacon.js");

/// What the script is told.
#[derive(Serialize)]
pub(super) struct Settings {
    pub(super) source: String,
    /// How long after the last sign of life somebody still reads, ms.
    pub(super) idle: u32,
    /// The longest read, ms.
    pub(super) cap: u32,
    /// Who comes back after so long reads anew, ms.
    pub(super) away: u32,
    /// What Global Privacy Control means: 0 nothing, 1 nobody is named, 2 nothing is sent.
    pub(super) gpc: u8,
    /// The same for Do Not Track.
    pub(super) dnt: u8,
    /// Pages differ by what stands behind the sign #.
    pub(super) hash: bool,
    /// The page's own word for its address is believed.
    pub(super) canonical: bool,
    /// Parameters that choose a page.
    pub(super) keep: Vec<String>,
    /// Places by kind.
    pub(super) from: Map<String, Value>,
}

/// The script of a source.
#[derive(Clone, Debug)]
pub struct Script {
    /// As it runs.
    pub text: String,
    /// The same, packed with gzip.
    pub packed: Vec<u8>,
}

impl Script {
    pub(super) fn new(settings: &Settings) -> Self {
        // Plain texts and numbers can be written.
        let settings = serde_json::to_string(settings).unwrap_or_default();
        let text = shortened(SCRIPT).replace("SETTINGS", &settings);
        let mut packer = GzEncoder::new(Vec::new(), Compression::best());
        // Writing into a vector can't fail.
        let _ = packer.write_all(text.as_bytes());
        let packed = packer.finish().unwrap_or_default();
        Script { text, packed }
    }
}

/// A source's name as it stands in addresses.
pub(super) fn encoded(source: &str) -> String {
    utf8_percent_encode(source, NON_ALPHANUMERIC)
        .to_string()
        .replace("%2D", "-")
        .replace("%5F", "_")
}

/// A script without comments and without the white space that means nothing. Comments stand on lines
/// of their own, and a line ends where a statement may.
fn shortened(script: &str) -> String {
    let lines = script.lines().map(str::trim);
    let lines: Vec<&str> = lines
        .filter(|line| !line.is_empty() && !line.starts_with("//"))
        .collect();
    let all = lines.join("\n");
    let mut short = String::with_capacity(all.len());
    let mut quote = None;
    let mut rest = all.chars().peekable();
    while let Some(c) = rest.next() {
        let before = short.chars().next_back().unwrap_or('\n');
        let after = rest.peek().copied().unwrap_or('\n');
        let stays = match (quote, c) {
            (Some(_), _) => true,
            (None, ' ') => is_word(before) && is_word(after),
            (None, '\n') => !"{,(;=\n".contains(before) && after != '}',
            (None, _) => true,
        };
        match quote {
            Some(open) if c == open => quote = None,
            None if "'`\"".contains(c) => quote = Some(c),
            _ => {}
        }
        if stays {
            short.push(c);
        }
    }
    short
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || "_$".contains(c)
}
