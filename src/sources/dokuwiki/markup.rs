//! A page in DokuWiki's markup: its title, what is counted in it, and what it links to. Pure.

use crate::model::Vocabulary;
use crate::sources::prose::Prose;
use crate::sources::wiki::Measured;

/// What stands in these is no prose.
const ASIDE: &[&str] = &["code", "file", "html", "php"];

/// What stands in these is drawn.
const DRAWN: &[&str] = &[
    "uml", "plantuml", "graphviz", "ditaa", "mermaid", "dot", "diagram",
];

/// Ends of names of pictures.
const PICTURES: &[&str] = &[".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp"];

/// What a page says.
#[derive(Default)]
pub(super) struct Text {
    /// Its first heading.
    pub(super) title: Option<String>,
    /// What is counted in it.
    pub(super) measured: Measured,
    /// Where its links lead, as they are written.
    pub(super) links: Vec<String>,
    /// Its tags, of the plugin `tag`.
    pub(super) tags: Vec<String>,
}

/// Reads a page.
pub(super) fn read(text: &str, vocabulary: &Vocabulary) -> Text {
    let mut reader = Reader::default();
    let mut aside: Option<&str> = None;
    let mut is_quoted = false;
    for line in text.lines() {
        let mut rest = line;
        if aside.is_none() {
            let quoted = line.starts_with('>');
            if quoted && !is_quoted {
                reader.quotations = reader.quotations.saturating_add(1);
            }
            is_quoted = quoted;
            if is_indented_code(line) {
                continue;
            }
            if let Some(heading) = heading(line) {
                reader.title.get_or_insert_with(|| heading.to_owned());
            }
        }
        loop {
            if let Some(name) = aside {
                let Some(end) = rest.find(&format!("</{name}>")) else {
                    break;
                };
                rest = &rest[end + name.len() + 3..];
                aside = None;
            }
            let Some((at, name)) = opening(rest) else {
                reader.inline(rest);
                break;
            };
            reader.inline(&rest[..at]);
            if DRAWN.contains(&name) {
                reader.diagrams = reader.diagrams.saturating_add(1);
            }
            aside = Some(name);
            rest = &rest[at..];
        }
        reader.prose.end();
    }
    let measured = Measured {
        words: reader.words,
        hyperlinks: u32::try_from(reader.links.len()).unwrap_or(u32::MAX),
        diagrams: Some(reader.diagrams),
        quotations: Some(reader.quotations),
        counts: reader.prose.counts(vocabulary),
    };
    Text {
        title: reader.title,
        measured,
        links: reader.links,
        tags: reader.tags,
    }
}

/// Two spaces begin code, unless an item of a list stands behind them.
fn is_indented_code(line: &str) -> bool {
    let is_indented = line.starts_with("  ") || line.starts_with('\t');
    is_indented && !line.trim_start().starts_with(['*', '-'])
}

/// `====== Title ======`.
fn heading(line: &str) -> Option<&str> {
    let line = line.trim();
    let is_one = line.starts_with("==") && line.ends_with("==");
    let inside = line.trim_matches('=').trim();
    (is_one && !inside.is_empty()).then_some(inside)
}

/// The first tag that sets something aside, and its name.
fn opening(text: &str) -> Option<(usize, &'static str)> {
    let names = ASIDE.iter().chain(DRAWN);
    let found = names.filter_map(|name| {
        let mut begins = text.match_indices('<').map(|(at, _)| at);
        let is_one = |at: &usize| {
            let rest = text[at + 1..].strip_prefix(name);
            rest.is_some_and(|rest| rest.starts_with(['>', ' ']))
        };
        Some((begins.find(is_one)?, *name))
    });
    found.min_by_key(|(at, _)| *at)
}

#[derive(Default)]
struct Reader {
    title: Option<String>,
    words: u32,
    diagrams: u32,
    quotations: u32,
    links: Vec<String>,
    tags: Vec<String>,
    prose: Prose,
}

impl Reader {
    /// A piece of a line: `[[page|words]]`, `{{picture.png|words}}`, `{{tag>one "two words"}}`.
    fn inline(&mut self, text: &str) {
        let mut rest = text;
        while let Some(at) = rest.find("[[").into_iter().chain(rest.find("{{")).min() {
            let is_link = rest[at..].starts_with("[[");
            let close = if is_link { "]]" } else { "}}" };
            let Some(end) = rest[at + 2..].find(close) else {
                break;
            };
            self.plain(&rest[..at]);
            let inside = &rest[at + 2..at + 2 + end];
            rest = &rest[at + end + 4..];
            if is_link {
                self.link(inside);
            } else {
                self.medium(inside);
            }
        }
        self.plain(rest);
    }

    fn link(&mut self, inside: &str) {
        let (target, words) = inside.split_once('|').unwrap_or((inside, ""));
        let target = target.trim();
        if target.is_empty() {
            return;
        }
        let words = match words.trim() {
            "" => target.rsplit([':', '/', '>']).next().unwrap_or(target),
            words => words,
        };
        if target.contains("://") {
            self.prose.leads_to(target);
        }
        self.links.push(target.to_owned());
        self.words = self.words.saturating_add(count(words));
        self.prose.add(words, true);
    }

    fn medium(&mut self, inside: &str) {
        let inside = inside.trim();
        if let Some(tags) = inside.strip_prefix("tag>") {
            // What has spaces stands between quotation marks.
            for (at, part) in tags.split('"').enumerate() {
                let is_quoted = at % 2 == 1;
                let one = std::iter::once(part.trim()).filter(|_| is_quoted);
                let many = part.split_whitespace().filter(|_| !is_quoted);
                let tags = one.chain(many).filter(|tag| !tag.is_empty());
                self.tags.extend(tags.map(str::to_owned));
            }
            return;
        }
        let name = inside.split(['|', '?']).next().unwrap_or(inside);
        let name = name.trim().to_lowercase();
        let is_picture = PICTURES.iter().any(|end| name.ends_with(end));
        if is_picture || name.starts_with("drawio>") {
            self.diagrams = self.diagrams.saturating_add(1);
        }
    }

    fn plain(&mut self, text: &str) {
        for word in text.split_whitespace() {
            if let Some(at) = word.find("http://").or_else(|| word.find("https://")) {
                let address = word[at..].trim_end_matches(['.', ',', ';', ')', '*', '|', '"']);
                self.prose.leads_to(address);
                self.links.push(address.to_owned());
            } else if !word.starts_with("~~") {
                self.words = self.words.saturating_add(count(word));
            }
        }
        self.prose.add(text, false);
    }
}

/// The words of a piece of prose.
fn count(text: &str) -> u32 {
    let is_word = |word: &&str| word.chars().any(char::is_alphanumeric);
    let count = text.split_whitespace().filter(is_word).count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_page_is_read() {
        let page = "~~NOTOC~~\n====== Disk full: INC-7 ======\n\nThe **LB** of [[:shop|the KV]] and [[dns]], \
                    see https://grafana.example.org/d/1, or {{:pm:graph.png?200|no words}}.\n\n  no words\n  * one\n\
                    > we saw\n>> so\n\n<code bash>no\nwords</code> <uml>\nA -> B\n</uml> {{tag>sev1 \"root cause\" dns}}\n\
                    ==== Later ====\n| a | b |\n[[ never closed {{ <codex>";
        let text = read(page, &Vocabulary::default());
        assert_eq!(text.title.as_deref(), Some("Disk full: INC-7"));
        assert_eq!(
            text.links,
            [":shop", "dns", "https://grafana.example.org/d/1"]
        );
        assert_eq!(text.tags, ["sev1", "root cause", "dns"]);
        let measured = text.measured;
        assert_eq!(
            (
                measured.words,
                measured.hyperlinks,
                measured.diagrams,
                measured.quotations
            ),
            (22, 3, Some(2), Some(1))
        );
        let counts = measured.counts;
        assert_eq!(
            (counts.acronyms, counts.unexplained, counts.data_sources),
            (2, 1, 1)
        );
        assert!(
            read("no heading ==", &Vocabulary::default())
                .title
                .is_none()
        );
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "(\\[\\[|\\]\\]|\\{\\{|\\}\\}|<code>|</code>|<uml |tag>|\"|==|  |>|https://|\\||\\n|[a-z \u{e9}]){0,40}") {
            let read = read(&text, &Vocabulary::default());
            prop_assert!(usize::try_from(read.measured.hyperlinks).is_ok_and(|count| count == read.links.len()));
        }
    }
}
