//! Which user agents are robots: the two lists of the COUNTER Code of Practice, as data.
//!
//! `robot.txt` and `machine.txt` are the lists of the package counter-robots 2025.11, one regular
//! expression a line, under the MIT licence that stands beside them (`LICENSE`). To renew them copy
//! both files from a newer release. They are matched without regard to case, as COUNTER asks.
//! An agent of at most one character (`-`, or none at all) is a robot by the first list's `^.?$`.

use std::collections::HashMap;

use regex::bytes::{Regex, RegexBuilder};
use xxhash_rust::xxh3::xxh3_128;

const ROBOTS: &str = include_str!("robot.txt");
const MACHINES: &str = include_str!("machine.txt");

/// How many agents are remembered. An entry takes about 40 bytes, so 64 Ki of them 3 MB; real logs
/// hold some thousand different agents.
const REMEMBERED: usize = 65_536;

/// Tells robots from people by the user agent, remembering what it has seen.
pub struct Robots {
    patterns: Vec<Regex>,
    seen: HashMap<u128, bool>,
}

impl Robots {
    /// Compiles the lists, which takes some milliseconds: make one and keep it.
    pub fn new() -> Self {
        // A line that is no regular expression would be a mistake in our own data; the tests
        // compile every line, so none is lost here.
        let one = |patterns: &str| {
            RegexBuilder::new(patterns)
                .case_insensitive(true)
                .size_limit(64 << 20)
                .build()
                .ok()
        };
        let lines: Vec<String> = patterns().map(|line| format!("(?:{line})")).collect();
        let patterns = match one(&lines.join("|")) {
            Some(all) => vec![all],
            None => lines.iter().filter_map(|line| one(line)).collect(),
        };
        Robots {
            patterns,
            seen: HashMap::new(),
        }
    }

    /// Whether this user agent, as sent, is a robot's or a program's.
    pub fn is_robot(&mut self, agent: &[u8]) -> bool {
        let key = xxh3_128(agent);
        if let Some(&known) = self.seen.get(&key) {
            return known;
        }
        let robot = self.patterns.iter().any(|pattern| pattern.is_match(agent));
        if self.seen.len() >= REMEMBERED {
            self.seen.clear();
        }
        self.seen.insert(key, robot);
        robot
    }
}

impl Default for Robots {
    fn default() -> Self {
        Robots::new()
    }
}

/// Every pattern of the two lists.
fn patterns() -> impl Iterator<Item = &'static str> {
    ROBOTS
        .lines()
        .chain(MACHINES.lines())
        .filter(|line| !line.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles_and_all_of_them_together() {
        for line in patterns() {
            assert!(Regex::new(line).is_ok(), "{line}");
        }
        assert_eq!(patterns().count(), 362);
        assert_eq!(Robots::new().patterns.len(), 1);
    }

    #[test]
    fn robots_and_people() {
        let mut robots = Robots::new();
        for agent in [
            "",
            "-",
            "Googlebot/2.1",
            "AHREFSBOT",
            "curl/8.5.0",
            "Java/17.0.1",
            "python-requests/2.32",
        ] {
            assert!(robots.is_robot(agent.as_bytes()), "{agent:?}");
        }
        for agent in [
            "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Safari/604.1",
        ] {
            assert!(!robots.is_robot(agent.as_bytes()), "{agent}");
            assert!(!robots.is_robot(agent.as_bytes()), "remembered: {agent}");
        }
        assert!(robots.is_robot(b"Crawler \xff\xfe"));
    }
}
