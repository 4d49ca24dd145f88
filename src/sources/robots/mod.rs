//! Which user agents are robots: the two lists of the COUNTER Code of Practice, as data.
//!
//! `robot.txt` and `machine.txt` are the lists of the package counter-robots 2025.11, one regular
//! expression a line, under the MIT licence that stands beside them (`LICENSE`). To renew them copy
//! both files from a newer release. They are matched without regard to case, as COUNTER asks.
//! An agent of at most one character (`-`, or none at all) is a robot by the first list's `^.?$`.
//!
//! `people.txt` is ours: what in the agents of people's browsers only looks like one of the patterns.
//! `ours.txt` has what those lists lack: fetchers of previews of links, and this program.
//! `agents.txt` is ours, too: the names of AI agents. They are no people and no robots but a class of
//! their own, whichever of COUNTER's lists names them.

use std::borrow::Cow;
use std::collections::HashMap;

use regex::bytes::{Regex, RegexBuilder};
use xxhash_rust::xxh3::xxh3_128;

const ROBOTS: &str = include_str!("robot.txt");
const MACHINES: &str = include_str!("machine.txt");
const PEOPLE: &str = include_str!("people.txt");
const OURS: &str = include_str!("ours.txt");
const AGENTS: &str = include_str!("agents.txt");

/// Raised with every change of the lists: a log that is imported again is judged by the newest ones.
pub const LISTS: u32 = 1;

/// How many agents are remembered. An entry takes about 40 bytes, so 64 Ki of them 3 MB; real logs
/// hold some thousand different agents.
const REMEMBERED: usize = 65_536;

/// What a user agent says of who sent it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// A robot or a program, by the lists of COUNTER.
    pub bot: bool,
    /// The name of an AI agent, as our list has it.
    pub agent: Option<&'static str>,
}

/// Tells robots and AI agents from people by the user agent, remembering what it has seen.
pub struct Robots {
    patterns: Vec<Regex>,
    /// What is passed over.
    people: Option<Regex>,
    /// The names of AI agents, longest first, in one pattern.
    agents: Option<Regex>,
    seen: HashMap<u128, Verdict, foldhash::fast::RandomState>,
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
        let lines: Vec<String> = patterns()
            .chain(ours())
            .map(|line| format!("(?:{line})"))
            .collect();
        let people: Vec<String> = people().map(|line| format!("(?:{line})")).collect();
        let patterns = match one(&lines.join("|")) {
            Some(all) => vec![all],
            None => lines.iter().filter_map(|line| one(line)).collect(),
        };
        Robots {
            patterns,
            people: one(&people.join("|")),
            agents: one(&format!(
                r"(?:^|[^0-9a-z_-])({})(?:[^0-9a-z_-]|$)",
                agents().map(regex::escape).collect::<Vec<_>>().join("|")
            )),
            seen: HashMap::default(),
        }
    }

    /// Whether this user agent, as sent, is a robot's or a program's.
    pub fn is_robot(&mut self, agent: &[u8]) -> bool {
        self.judge(agent).bot
    }

    /// Who sends this user agent.
    pub fn judge(&mut self, agent: &[u8]) -> Verdict {
        let key = xxh3_128(agent);
        if let Some(&known) = self.seen.get(&key) {
            return known;
        }
        let verdict = Verdict {
            bot: self.is_listed(agent) && self.is_listed(&self.without_people(agent)),
            agent: self.agent(agent),
        };
        if self.seen.len() >= REMEMBERED {
            self.seen.clear();
        }
        self.seen.insert(key, verdict);
        verdict
    }
}

impl Robots {
    /// The first AI agent that is named, as the list spells it.
    fn agent(&self, agent: &[u8]) -> Option<&'static str> {
        let found = self.agents.as_ref()?.captures(agent)?.get(1)?;
        agents().find(|name| name.as_bytes().eq_ignore_ascii_case(found.as_bytes()))
    }

    fn is_listed(&self, agent: &[u8]) -> bool {
        self.patterns.iter().any(|pattern| pattern.is_match(agent))
    }

    /// The agent with what is no robot's taken out.
    fn without_people<'a>(&self, agent: &'a [u8]) -> Cow<'a, [u8]> {
        match &self.people {
            Some(people) => people.replace_all(agent, &b" app "[..]),
            None => Cow::Borrowed(agent),
        }
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

/// Every pattern that is ours.
fn ours() -> impl Iterator<Item = &'static str> {
    entries(OURS)
}

/// The name of every AI agent.
fn agents() -> impl Iterator<Item = &'static str> {
    entries(AGENTS)
}

/// Every pattern of what is passed over.
fn people() -> impl Iterator<Item = &'static str> {
    entries(PEOPLE)
}

/// The lines of a list of ours, without its words for people.
fn entries(list: &'static str) -> impl Iterator<Item = &'static str> {
    list.lines()
        .filter(|line| !line.is_empty() && !line.starts_with("# "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles_and_all_of_them_together() {
        for line in patterns().chain(ours()).chain(people()) {
            assert!(Regex::new(line).is_ok(), "{line}");
        }
        assert!(Robots::new().people.is_some());
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
        let cubot = "Mozilla/5.0 (Linux; Android 6.0; CUBOT MAX) Chrome/72.0 Mobile Safari/537.36";
        assert!(!robots.is_robot(cubot.as_bytes()));
        assert!(robots.is_robot(format!("{cubot} (compatible; Googlebot/2.1)").as_bytes()));
    }

    /// What chats and networks fetch a page with when somebody pastes a link to it.
    #[test]
    fn previews_of_links_are_no_reads() {
        let mut robots = Robots::new();
        for agent in [
            "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
            "Slack-ImgProxy (+https://api.slack.com/robots)",
            "Twitterbot/1.0",
            "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
            "WhatsApp/2.23.20.0",
            "TelegramBot (like TwitterBot)",
            "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
            "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
            "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5",
            "Mattermost-Bot/1.1",
            "ZulipURLPreview/8.0 (+https://chat.example.org)",
            "Rocket.Chat/6.4.0",
            "http.rb/5.1.1 (Mastodon/4.2.1; +https://social.example.org/)",
            "Iframely/1.3.1 (+https://iframely.com/docs/about)",
            "readback/0.1.0",
        ] {
            assert!(robots.is_robot(agent.as_bytes()), "{agent}");
        }
        // What people have these chats open in.
        for agent in [
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0 Electron/28.0 Mattermost/5.6 Safari/537.36",
            "Mozilla/5.0 (Macintosh) AppleWebKit/537.36 Rocket.Chat/3.9.10 Chrome/114.0 Electron/25.3 Safari/537.36",
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 ZulipElectron/5.10 Chrome/114.0 Safari/537.36",
        ] {
            assert!(!robots.is_robot(agent.as_bytes()), "{agent}");
        }
    }

    #[test]
    fn ai_agents_are_told_by_name_whoever_else_lists_them() {
        let mut robots = Robots::new();
        assert!(robots.agents.is_some());
        for name in agents() {
            let agent = format!("Mozilla/5.0 (compatible; {name}/1.0; +https://example.org/about)");
            assert_eq!(robots.judge(agent.as_bytes()).agent, Some(name));
            let bare = robots.judge(name.to_lowercase().as_bytes());
            assert_eq!(bare.agent, Some(name));
        }
        let by_counter = |robots: &mut Robots, agent: &str| robots.judge(agent.as_bytes()).bot;
        let gpt =
            "Mozilla/5.0 AppleWebKit/537.36 (compatible; GPTBot/1.2; +https://openai.com/gptbot)";
        assert!(by_counter(&mut robots, gpt));
        // COUNTER does not know that a program asked.
        assert!(!by_counter(&mut robots, "Claude-User/1.0"));
        assert!(!by_counter(&mut robots, "Perplexity-User/1.0"));
        for person in [
            "Devinder/2.0",
            "Mozilla/5.0 MyGPTBots",
            "my-Claude-User",
            "",
        ] {
            assert_eq!(robots.judge(person.as_bytes()).agent, None, "{person}");
        }
    }

    /// The list itself, agents that it names, and agents of people.
    #[test]
    fn real_agents() {
        let Some(fixtures) = std::env::var_os("READBACK_FIXTURES") else {
            return crate::sources::collected::skipped("READBACK_FIXTURES is not set");
        };
        let folder = std::path::PathBuf::from(fixtures).join("bots");
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect(name);
        let json = |name: &str| -> Vec<serde_json::Value> {
            serde_json::from_str(&read(name)).expect(name)
        };
        let published: Vec<Regex> = json("COUNTER_Robots_list.json")
            .iter()
            .map(|entry| {
                let pattern = entry["pattern"].as_str().expect("a pattern");
                let pattern = RegexBuilder::new(pattern).case_insensitive(true).build();
                pattern.expect("a pattern")
            })
            .collect();
        let crawlers = json("crawler-user-agents.json");
        let instances = crawlers
            .iter()
            .filter_map(|crawler| crawler["instances"].as_array())
            .flatten()
            .filter_map(serde_json::Value::as_str);
        let mut robots = Robots::new();
        let (mut named, mut missed) = (0, Vec::new());
        for agent in instances {
            if published
                .iter()
                .any(|pattern| pattern.is_match(agent.as_bytes()))
            {
                named += 1;
                if !robots.is_robot(agent.as_bytes()) {
                    missed.push(agent);
                }
            }
        }
        assert!(named > 1500, "{named}");
        assert!(missed.is_empty(), "{missed:#?}");

        let tablets = read("Tests__fixtures__tablet.yml");
        let browsers = read("fixtures__browsers.yml");
        let agents = tablets
            .lines()
            .filter_map(|line| line.trim().strip_prefix("user_agent: "))
            .chain(
                browsers
                    .lines()
                    .filter_map(|line| line.trim().strip_prefix("- ")),
            )
            .map(|agent| agent.trim_matches(['"', '\'']));
        let mut asked = 0;
        let mut caught = Vec::new();
        for agent in agents {
            asked += 1;
            if robots.judge(agent.as_bytes()) != Verdict::default() {
                caught.push(agent);
            }
        }
        assert!(asked > 1000, "{asked}");
        // A crawler, an attack, programs that fetch by the system's library, which COUNTER names, and an
        // assistant: these stand in the lists of browsers and are none.
        let none = [
            "Yahoo! Slurp",
            "PG_SLEEP",
            "CFNetwork",
            "cfnetwork",
            "Amzn-User",
        ];
        caught.retain(|agent| none.iter().all(|word| !agent.contains(word)));
        assert!(caught.is_empty(), "{caught:#?}");
    }
}
