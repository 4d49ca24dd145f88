//! The block of metadata at the top of a write-up: YAML between `---`, TOML between `+++`, or a list
//! such as `- Start Date: 2015-04-10` where there is neither.

use yaml_rust2::{Yaml, YamlLoader};

/// Fields by lower-case name, each with its values as text.
pub(super) type Fields = Vec<(String, Vec<String>)>;

/// Lines of a header without front matter are looked for this far down.
const HEADER_LINES: usize = 30;

/// The names by which lists of metadata are known; other lists are prose.
const LISTED: &[&str] = &[
    "title",
    "feature name",
    "start date",
    "date",
    "published",
    "author",
    "authors",
    "incident",
    "restricted",
];

/// The fields at the top of a text, and the text below them.
pub(super) fn read(text: &str) -> (Fields, &str) {
    let (mark, front, body) = split(text);
    let fields = match mark {
        "" => listed(body),
        "+++" => in_toml(front).unwrap_or_else(|| by_lines(front)),
        _ => in_yaml(front).unwrap_or_else(|| by_lines(front)),
    };
    (fields, body)
}

/// The mark of the block, what is in it, and what follows it.
fn split(text: &str) -> (&str, &str, &str) {
    let text = text.trim_start_matches(['\r', '\n']);
    for mark in ["---", "+++"] {
        let Some(rest) = text.strip_prefix(mark) else {
            continue;
        };
        let rest = rest.trim_start_matches([' ', '\t']);
        let Some(rest) = rest
            .strip_prefix("\r\n")
            .or_else(|| rest.strip_prefix('\n'))
        else {
            continue;
        };
        let mut at = 0;
        for line in rest.split_inclusive('\n') {
            if line.trim_end() == mark {
                return (mark, &rest[..at], &rest[at + line.len()..]);
            }
            at += line.len();
        }
    }
    ("", "", text)
}

/// More brackets than this, or marks of lists in one line, are no metadata: the parser goes as deep
/// as it is led.
const MAX_NESTED: usize = 256;

fn in_yaml(front: &str) -> Option<Fields> {
    let brackets = front.matches(['[', '{']).count();
    let marks = |line: &str| line.matches("- ").count() + line.matches("? ").count();
    // References to anchors can make much out of little; no metadata needs them.
    let repeats = front.contains('&') && front.contains('*');
    if repeats || brackets > MAX_NESTED || front.lines().map(marks).any(|n| n > MAX_NESTED) {
        return None;
    }
    let documents = YamlLoader::load_from_str(front).ok()?;
    let table = documents.first()?.as_hash()?;
    let field = |(key, value): (&Yaml, &Yaml)| Some((text_of(key)?.to_lowercase(), texts(value)));
    Some(table.iter().filter_map(field).collect())
}

/// The values of a field. People may be tables; anything nested deeper is left alone.
fn texts(value: &Yaml) -> Vec<String> {
    match value {
        Yaml::Array(list) => list
            .iter()
            .filter_map(|item| text_of(item).or_else(|| yaml_person(item)))
            .collect(),
        _ => text_of(value)
            .or_else(|| yaml_person(value))
            .into_iter()
            .collect(),
    }
}

fn text_of(value: &Yaml) -> Option<String> {
    let text = match value {
        Yaml::String(text) | Yaml::Real(text) => text.trim().to_owned(),
        Yaml::Integer(number) => number.to_string(),
        Yaml::Boolean(flag) => flag.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

fn yaml_person(value: &Yaml) -> Option<String> {
    let table = value.as_hash()?;
    person(|key| table.get(&Yaml::String(key.to_owned())).and_then(text_of))
}

fn in_toml(front: &str) -> Option<Fields> {
    let table: toml::Table = toml::from_str(front).ok()?;
    let field = |(key, value): (&String, &toml::Value)| {
        let values = match value {
            toml::Value::Array(list) => list.iter().filter_map(toml_text).collect(),
            value => toml_text(value).into_iter().collect(),
        };
        (key.to_lowercase(), values)
    };
    Some(table.iter().map(field).collect())
}

fn toml_text(value: &toml::Value) -> Option<String> {
    let text = match value {
        toml::Value::String(text) => text.trim().to_owned(),
        toml::Value::Integer(number) => number.to_string(),
        toml::Value::Float(number) => number.to_string(),
        toml::Value::Boolean(flag) => flag.to_string(),
        toml::Value::Datetime(at) => at.to_string(),
        toml::Value::Table(table) => {
            return person(|key| table.get(key).and_then(toml_text));
        }
        toml::Value::Array(_) => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// `Ada <ada@example.org>` of a table that describes a person.
fn person(field: impl Fn(&str) -> Option<String>) -> Option<String> {
    let name = field("name");
    match (field("email").or_else(|| field("mail")), name) {
        (Some(address), Some(name)) => Some(format!("{name} <{address}>")),
        (Some(address), None) => Some(address),
        (None, name) => field("github").map(|login| format!("@{login}")).or(name),
    }
}

/// `key: value` and lists of `- value` in a block that is not quite YAML or TOML: a colon in a title
/// without quotes is common.
fn by_lines(front: &str) -> Fields {
    let mut fields = Fields::new();
    for line in front.lines() {
        let indented = line.starts_with([' ', '\t']);
        if let Some(item) = line.trim_start().strip_prefix("- ") {
            if let Some((_, values)) = fields.last_mut() {
                values.extend(scalar(item));
            }
        } else if !indented && let Some(at) = line.find([':', '=']) {
            let key = line[..at].trim().trim_matches('"').to_lowercase();
            let value = line[at + 1..].trim();
            let values = match value.strip_prefix('[').and_then(|v| v.split(']').next()) {
                Some(list) => list.split(',').filter_map(scalar).collect(),
                None => scalar(value).into_iter().collect(),
            };
            fields.push((key, values));
        }
    }
    fields
}

/// A value without quotes; a comment ends one that has none. `None` if nothing is left.
fn scalar(value: &str) -> Option<String> {
    let value = value.trim();
    let value = match value.chars().next() {
        Some('"' | '\'') => value,
        _ => value.split(" #").next().unwrap_or(value).trim_end(),
    };
    unquoted(value)
}

/// `- Start Date: 2015-04-10` near the top, as in templates of proposals.
fn listed(body: &str) -> Fields {
    let field = |line: &str| {
        let line = line.trim().trim_start_matches(['-', '*', ' ', ':']);
        let (key, value) = line.split_once(':')?;
        let key = key.trim_matches(['*', '_', '`', ' ']).to_lowercase();
        let value = unquoted(value.trim_start_matches(['*', '_']))?;
        let values = if key.starts_with("author") {
            value.split(", ").map(str::to_owned).collect()
        } else {
            vec![value]
        };
        LISTED.contains(&key.as_str()).then_some((key, values))
    };
    body.lines().take(HEADER_LINES).filter_map(field).collect()
}

/// A text without the quotes or code marks around it.
fn unquoted(text: &str) -> Option<String> {
    let text = text.trim();
    let inside = ['"', '\'', '`'].into_iter().find_map(|mark| {
        let inside = text.strip_prefix(mark)?.strip_suffix(mark)?;
        (!inside.contains(mark)).then_some(inside)
    });
    let text = inside.unwrap_or(text).trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_block_does() {
        for (open, middle) in [
            ("[", ""),
            ("{a: ", ""),
            ("- ", ""),
            ("? ", ""),
            ("[", "\n"),
            ("- ", "\n"),
        ] {
            for times in [200, 100_000] {
                let nested = format!("{open}{middle}").repeat(times);
                let text = format!("---\ntitle: x\ndeep:\n  {nested}\n---\nbody");
                let (fields, body) = read(&text);
                assert!(!fields.is_empty() && body == "body");
            }
        }
        let laughs = "a: &a [x,x]\nb: &b [*a,*a]\n".repeat(30);
        assert!(!read(&format!("---\n{laughs}---\n")).0.is_empty());
    }

    #[test]
    fn values_are_what_yaml_and_toml_say() {
        for (text, key, expected) in [
            (
                "---\ntitle: \"Outage #3 in DC\"\n---\n",
                "title",
                "Outage #3 in DC",
            ),
            (
                "---\ntitle: Outage in DC # draft\n---\n",
                "title",
                "Outage in DC",
            ),
            ("---\ntitle: >\n  Two\n  lines\n---\n", "title", "Two lines"),
            ("---\ntitle: |\n  One line\n---\n", "title", "One line"),
            (
                "---\ntitle: \"The \\\"big\\\" one\"\n---\n",
                "title",
                "The \"big\" one",
            ),
            ("---\ntitle: 'Ada''s disk'\n---\n", "title", "Ada's disk"),
            ("---\ntitle: The users'\n---\n", "title", "The users'"),
            (
                "---\nTitle: The disk: full\n---\n",
                "title",
                "The disk: full",
            ),
            (
                "---\ntitle: 'a: b' c\ndate: 2024-03-05\n---\n",
                "date",
                "2024-03-05",
            ),
            ("---\na: &a x\ntitle: *a\n---\n", "a", "&a x"),
            (
                "---\nauthors:\n  - name: Ada\n    email: ada@x\n---\n",
                "authors",
                "Ada <ada@x>",
            ),
            (
                "---\nauthor: {name: Ada, github: ada}\n---\n",
                "author",
                "@ada",
            ),
            ("+++\ntitle = \"A # b\"\n+++\n", "title", "A # b"),
            (
                "+++\ndate = 2024-03-05T10:00:00Z\n+++\n",
                "date",
                "2024-03-05T10:00:00Z",
            ),
            (
                "+++\nauthors = [{ name = \"Ada\" }]\n+++\n",
                "authors",
                "Ada",
            ),
            ("# A\n- Title: `words`\n", "title", "words"),
            ("# A\n* **Title**: Outage #3's\n", "title", "Outage #3's"),
        ] {
            let (fields, _) = read(text);
            let found = fields.iter().find(|(name, _)| name == key);
            let values = found.map(|(_, values)| values.join("; "));
            assert_eq!(values.as_deref(), Some(expected), "{text}");
        }
    }
}
