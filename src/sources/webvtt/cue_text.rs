//! The text of a cue as a tree of tags and texts (<https://www.w3.org/TR/webvtt1/#cue-text-parsing>).

use pulldown_cmark::{Event, Parser};

use super::{Timing, is_space, timestamp};

/// A part of a cue's text.
pub(super) enum Node {
    /// A tag with what stands in it.
    Tag(Tag),
    /// Text, its character references resolved.
    Text(String),
}

/// A tag that the standard knows.
pub(super) struct Tag {
    /// `v`, `c`, `i`, `b`, `u`, `ruby`, `rt` or `lang`.
    pub(super) name: &'static str,
    /// What follows the name: who speaks, or the language.
    pub(super) annotation: String,
    /// What stands in it.
    pub(super) children: Vec<Node>,
}

const TAGS: [&str; 8] = ["v", "c", "i", "b", "u", "ruby", "rt", "lang"];

/// Tags are no deeper than this; more are as good as none. Real cues have two or three.
const DEEPEST: usize = 64;

enum Token {
    Text(String),
    Start(String, String),
    End(String),
    Time,
}

/// Parses the text of a cue.
pub(super) fn parse(text: &str) -> Vec<Node> {
    // Open tags, the innermost last; below them is what is in none.
    let mut open: Vec<Tag> = Vec::new();
    let mut top: Vec<Node> = Vec::new();
    let mut rest = text;
    while let Some(token) = token(&mut rest) {
        match token {
            Token::Text(text) => push(&mut open, &mut top, Node::Text(text)),
            Token::Start(name, annotation) => {
                let inner = open.last().map(|tag| tag.name);
                let known = TAGS.iter().find(|known| **known == name);
                if let Some(name) = known
                    && (*name != "rt" || inner == Some("ruby"))
                    && open.len() < DEEPEST
                {
                    open.push(Tag {
                        name,
                        annotation,
                        children: Vec::new(),
                    });
                }
            }
            Token::End(name) => {
                let inner = open.last().map_or("", |tag| tag.name);
                let levels = match inner {
                    inner if inner == name => 1,
                    "rt" if name == "ruby" => 2,
                    _ => 0,
                };
                for _ in 0..levels {
                    close(&mut open, &mut top);
                }
            }
            Token::Time => {}
        }
    }
    while !open.is_empty() {
        close(&mut open, &mut top);
    }
    top
}

fn push(open: &mut [Tag], top: &mut Vec<Node>, node: Node) {
    match open.last_mut() {
        Some(tag) => tag.children.push(node),
        None => top.push(node),
    }
}

fn close(open: &mut Vec<Tag>, top: &mut Vec<Node>) {
    if let Some(tag) = open.pop() {
        push(open, top, Node::Tag(tag));
    }
}

/// Takes the next token off; `None` at the end.
fn token(rest: &mut &str) -> Option<Token> {
    if rest.is_empty() {
        return None;
    }
    if let Some(inside) = rest.strip_prefix('<') {
        // A tag that is not closed reaches to the end.
        let end = inside.find('>');
        let (inside, after) = end.map_or((inside, ""), |end| (&inside[..end], &inside[end + 1..]));
        *rest = after;
        return Some(tag(inside));
    }
    let end = rest.find('<').unwrap_or(rest.len());
    let (text, after) = rest.split_at(end);
    *rest = after;
    Some(Token::Text(resolved(text)))
}

/// What stands between the brackets.
fn tag(inside: &str) -> Token {
    if let Some(name) = inside.strip_prefix('/') {
        return Token::End(name.to_owned());
    }
    if inside.starts_with(|c: char| c.is_ascii_digit())
        && timestamp(inside, Timing::Standard).is_some()
    {
        return Token::Time;
    }
    let end = inside
        .find(|c: char| is_space(c) || c == '.')
        .unwrap_or(inside.len());
    let (name, rest) = inside.split_at(end);
    // Classes come before the annotation, and don't matter here.
    let annotation = match rest.find(is_space) {
        Some(at) => resolved(&rest[at..]),
        None => String::new(),
    };
    let words: Vec<&str> = annotation
        .split(is_space)
        .filter(|word| !word.is_empty())
        .collect();
    Token::Start(name.to_owned(), words.join(" "))
}

/// Names that also stand without a semicolon.
const ALONE: [&str; 106] = [
    "AElig", "AMP", "Aacute", "Acirc", "Agrave", "Aring", "Atilde", "Auml", "COPY", "Ccedil",
    "ETH", "Eacute", "Ecirc", "Egrave", "Euml", "GT", "Iacute", "Icirc", "Igrave", "Iuml", "LT",
    "Ntilde", "Oacute", "Ocirc", "Ograve", "Oslash", "Otilde", "Ouml", "QUOT", "REG", "THORN",
    "Uacute", "Ucirc", "Ugrave", "Uuml", "Yacute", "aacute", "acirc", "acute", "aelig", "agrave",
    "amp", "aring", "atilde", "auml", "brvbar", "ccedil", "cedil", "cent", "copy", "curren", "deg",
    "divide", "eacute", "ecirc", "egrave", "eth", "euml", "frac12", "frac14", "frac34", "gt",
    "iacute", "icirc", "iexcl", "igrave", "iquest", "iuml", "laquo", "lt", "macr", "micro",
    "middot", "nbsp", "not", "ntilde", "oacute", "ocirc", "ograve", "ordf", "ordm", "oslash",
    "otilde", "ouml", "para", "plusmn", "pound", "quot", "raquo", "reg", "sect", "shy", "sup1",
    "sup2", "sup3", "szlig", "thorn", "times", "uacute", "ucirc", "ugrave", "uml", "uuml",
    "yacute", "yen", "yuml",
];

/// The longest name of a character has this many letters.
const LONGEST_NAME: usize = 31;

/// With its character references resolved: numbers, and every name that HTML has.
pub(super) fn resolved(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some((c, after)) = numbered(rest) {
            out.push(c);
            rest = after;
            continue;
        }
        match named(rest) {
            Some((characters, after)) => {
                out.push_str(&characters);
                rest = after;
            }
            None => out.push('&'),
        }
    }
    out.push_str(rest);
    out
}

/// `eacute;`, or the longest of the names that stand without a semicolon.
fn named(text: &str) -> Option<(String, &str)> {
    let is_letter = |c: char| c.is_ascii_alphanumeric();
    let end = text.find(|c| !is_letter(c)).unwrap_or(text.len());
    let (name, after) = text.split_at(end);
    if let Some(after) = after.strip_prefix(';')
        && let Some(characters) = entity(name)
    {
        return Some((characters, after));
    }
    let alone = ALONE.iter().filter(|alone| name.starts_with(**alone));
    let alone = alone.max_by_key(|alone| alone.len())?;
    Some((entity(alone)?, &text[alone.len()..]))
}

/// What a name stands for. The table is that of Markdown, which knows the names of HTML.
fn entity(name: &str) -> Option<String> {
    if !(2..=LONGEST_NAME).contains(&name.len()) {
        return None;
    }
    // Between two letters, where spaces are kept.
    let text = format!("x&{name};x");
    let mut out = String::new();
    for event in Parser::new(&text) {
        if let Event::Text(part) = event {
            out.push_str(&part);
        }
    }
    let inner = out.strip_prefix('x')?.strip_suffix('x')?;
    (inner != format!("&{name};")).then(|| inner.to_owned())
}

/// `#38;` or `#x26;`, without the mark before it.
fn numbered(text: &str) -> Option<(char, &str)> {
    let text = text.strip_prefix('#')?;
    let (radix, text) = match text.strip_prefix(['x', 'X']) {
        Some(text) => (16, text),
        None => (10, text),
    };
    let end = text
        .find(|c: char| !c.is_digit(radix))
        .unwrap_or(text.len());
    let (digits, after) = text.split_at(end);
    if digits.is_empty() {
        return None;
    }
    let number = u32::from_str_radix(digits, radix).unwrap_or(u32::MAX);
    let c = char::from_u32(number)
        .filter(|c| *c != '\0')
        .unwrap_or('\u{fffd}');
    Some((c, after.strip_prefix(';').unwrap_or(after)))
}
