//! Pages of HTML: what is counted in one, and where it leads.

use url::Url;

use crate::model::Vocabulary;
use crate::sources::prose::Prose;

use super::Measured;

/// What stands in these is no prose.
const ASIDE: &[&str] = &["script", "style", "pre", "template"];

/// Elements within a line.
const IN_LINE: &[&str] = &[
    "a", "abbr", "b", "code", "em", "i", "mark", "s", "small", "span", "strong", "sub", "sup", "u",
];

/// What is counted in a page, and the addresses that it links to, as they are written there.
pub(in crate::sources) fn of_html(html: &str, vocabulary: &Vocabulary) -> (Measured, Vec<String>) {
    let (mut measured, links, prose) = prose_of_html(html);
    measured.counts = prose.counts(vocabulary);
    (measured, links)
}

/// The same with the page's prose, of which nothing is counted yet.
pub(in crate::sources) fn prose_of_html(html: &str) -> (Measured, Vec<String>, Prose) {
    let mut prose = Prose::default();
    let mut measured = Measured {
        diagrams: Some(0),
        quotations: Some(0),
        ..Measured::default()
    };
    let mut links = Vec::new();
    let (mut in_link, mut quoted) = (false, 0_u32);
    let mut aside: Option<String> = None;
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        if aside.is_none() {
            say(&rest[..open], in_link, &mut prose, &mut measured);
        }
        rest = &rest[open..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
            continue;
        }
        let Some(end) = rest.find('>') else {
            rest = "";
            break;
        };
        let tag = &rest[1..end];
        rest = &rest[end + 1..];
        let is_end = tag.starts_with('/');
        let name = tag.trim_start_matches('/');
        let length = name.find(|c: char| !c.is_ascii_alphanumeric());
        let name = name[..length.unwrap_or(name.len())].to_ascii_lowercase();
        if let Some(within) = &aside {
            if is_end && *within == name {
                aside = None;
            }
            continue;
        }
        match name.as_str() {
            "a" if is_end => in_link = false,
            "a" => {
                if let Some(address) = attribute(tag, "href") {
                    in_link = true;
                    measured.hyperlinks += 1;
                    prose.leads_to(&address);
                    links.push(address);
                }
            }
            "img" | "svg" | "drawio-diagram" if !is_end => add(&mut measured.diagrams),
            "blockquote" if is_end => quoted = quoted.saturating_sub(1),
            "blockquote" => {
                // A quotation in a quotation is part of it.
                if quoted == 0 {
                    add(&mut measured.quotations);
                }
                quoted += 1;
            }
            name if !is_end && ASIDE.contains(&name) && !tag.ends_with('/') => {
                aside = Some(name.to_owned());
            }
            _ => {}
        }
        if !IN_LINE.contains(&name.as_str()) {
            prose.end();
        }
    }
    if aside.is_none() {
        say(rest, in_link, &mut prose, &mut measured);
    }
    (measured, links, prose)
}

/// Addresses as they are written on a page, each with its host, one a line.
pub(in crate::sources) fn resolved(links: &[String], page: &Url) -> String {
    let whole = links.iter().filter_map(|link| page.join(link).ok());
    let whole: Vec<String> = whole.map(String::from).collect();
    whole.join("\n")
}

fn say(text: &str, in_link: bool, prose: &mut Prose, measured: &mut Measured) {
    let text = plain(text);
    // Of a full stop behind a link only that it stands there.
    let is_word = |word: &&str| word.chars().any(char::is_alphanumeric);
    let count = text.split_whitespace().filter(is_word).count();
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    measured.words = measured.words.saturating_add(count);
    prose.add(&text, in_link);
}

fn add(count: &mut Option<u32>) {
    *count = count.map(|count| count.saturating_add(1));
}

/// The value of an attribute of a tag.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let mut from = 0;
    loop {
        let at = from + tag.get(from..)?.to_ascii_lowercase().find(name)?;
        from = at + name.len();
        let apart = tag[..at].ends_with(|c: char| c.is_ascii_whitespace());
        let Some(value) = tag[from..].trim_start().strip_prefix('=').filter(|_| apart) else {
            continue;
        };
        let value = value.trim_start();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let value = match quote {
            Some(quote) => value[1..].split(quote).next(),
            None => value.split(|c: char| c.is_ascii_whitespace()).next(),
        };
        return value.map(plain).filter(|value| !value.is_empty());
    }
}

/// Text with the entities that editors write.
pub(in crate::sources) fn plain(text: &str) -> String {
    let mut plain = text.to_owned();
    if plain.contains('&') {
        for (entity, character) in [
            ("&nbsp;", " "),
            ("&#160;", " "),
            ("&lt;", "<"),
            ("&gt;", ">"),
            ("&quot;", "\""),
            ("&#39;", "'"),
            ("&#039;", "'"),
            ("&amp;", "&"),
        ] {
            plain = plain.replace(entity, character);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pages_are_counted() {
        let html = "<h1 id=\"x\">Disk&nbsp;full</h1><p>The <b>LB</b> of <a class='y' href='/link/7?a=1&amp;b=2'>the KV</a> \
                    and <a href=\"https://grafana.example.org/d/1\">it</a>.</p><!-- no <b>words</b> --><img src=x>\
                    <pre>no words</pre><blockquote>we saw<blockquote>so</blockquote></blockquote><a>no</a> < x";
        let (measured, links) = of_html(html, &Vocabulary::default());
        assert_eq!(
            links,
            ["/link/7?a=1&b=2", "https://grafana.example.org/d/1"]
        );
        assert_eq!(
            (
                measured.words,
                measured.hyperlinks,
                measured.diagrams,
                measured.quotations
            ),
            (13, 2, Some(1), Some(1))
        );
        let counts = measured.counts;
        assert_eq!(
            (counts.acronyms, counts.unexplained, counts.data_sources),
            (2, 1, 1)
        );
        let page = Url::parse("https://wiki.example.org/books/a/page/b").expect("valid");
        assert_eq!(
            resolved(&links, &page),
            "https://wiki.example.org/link/7?a=1&b=2\nhttps://grafana.example.org/d/1"
        );
    }

    proptest! {
        #[test]
        fn any_text_is_counted(text in "(<a href=|<pre>|</pre>|<!--|-->|[<>\"'/ a-z&;\u{e9}=]){0,30}") {
            let (measured, links) = of_html(&text, &Vocabulary::default());
            prop_assert!(usize::try_from(measured.hyperlinks).is_ok_and(|count| count == links.len()));
        }
    }
}
