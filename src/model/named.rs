//! Names of people in web addresses: where a wiki writes somebody's name by its own rules, and mail
//! addresses. [`super::target::canonical`] writes [`SOMEBODY`] for them.

use std::borrow::Cow;

/// What stands for a name.
pub const SOMEBODY: &str = "_somebody_";

/// Parameters whose value is somebody, lower case.
const PARAMETERS: &[&str] = &[
    "accountid",
    "assignee",
    "author",
    "e-mail",
    "email",
    "login",
    "mail",
    "reporter",
    "user",
    "user_id",
    "user_name",
    "userid",
    "username",
];

/// What MediaWiki and DokuWiki call the pages of users, lower case, in the languages of their larger
/// wikis.
const NAMESPACES: &[&str] = &[
    "benutzer",
    "benutzer_diskussion",
    "benutzerin",
    "gebruiker",
    "special:contributions",
    "special:emailuser",
    "user",
    "user_talk",
    "usuario",
    "utente",
    "utilisateur",
];

/// Folders of a site that hold a page for each account, and nothing else below it.
const FOLDERS: &[&str] = &["profile", "profiles", "u", "user", "users"];

/// Endings of files that no domain has: `logo@2x.png` is no mail address.
const FILES: &[&str] = &[
    "adoc", "css", "csv", "gif", "htm", "html", "jpeg", "jpg", "js", "json", "mdx", "pdf", "png",
    "rst", "svg", "toml", "txt", "webp", "xml", "yaml", "yml",
];

/// Endings of files in repositories that domains have as well.
const PROGRAMS: &[&str] = &[".md", ".pl", ".py", ".rs", ".sh"];

/// The sign of mail addresses, as other scripts and web addresses write it.
const AT: [&str; 8] = [
    "@",
    "%40",
    "%2540",
    "\u{ff20}",
    "%EF%BC%A0",
    "\u{fe6b}",
    "%EF%B9%AB",
    "%25EF%25BC%25A0",
];

/// Characters between words, as addresses write them when they are not plain.
const BETWEEN: [&str; 14] = [
    "%20", "%22", "%26", "%28", "%29", "%2C", "%3A", "%3B", "%3C", "%3D", "%3E", "%5B", "%5D",
    "%7C",
];

/// The segments of a path, in the one spelling of percent-encoding.
pub(super) fn path<'a>(segments: &[&'a str]) -> Vec<Cow<'a, str>> {
    match segments {
        [folder, name] if FOLDERS.contains(folder) && !name.is_empty() => {
            vec![Cow::Borrowed(*folder), Cow::Borrowed(SOMEBODY)]
        }
        _ => {
            let mut segments = segments.iter().peekable();
            let mut kept = Vec::with_capacity(segments.len());
            while let Some(one) = segments.next() {
                kept.push(segment(one));
                // `Special:Contributions/Ada` names her in the next segment.
                let special = namespace(one).is_some_and(|(_, name)| name.is_none());
                if special && segments.next_if(|name| !name.is_empty()).is_some() {
                    kept.push(Cow::Borrowed(SOMEBODY));
                }
            }
            kept
        }
    }
}

/// One parameter of a query, with its name.
pub(super) fn parameter(parameter: &str) -> Cow<'_, str> {
    let Some((name, value)) = parameter.split_once('=') else {
        return segment(parameter);
    };
    let lower = name.to_ascii_lowercase();
    if PARAMETERS.contains(&lower.as_str()) && !value.is_empty() {
        return Cow::Owned(format!("{name}={SOMEBODY}"));
    }
    let mut out = String::with_capacity(parameter.len());
    out.push_str(name);
    let mut rest = value;
    let mut separator = "=";
    loop {
        let slash = rest.find('/').map(|at| (at, 1));
        let encoded = rest.find("%2F").map(|at| (at, 3));
        let end = slash.into_iter().chain(encoded).min();
        let (at, length) = end.unwrap_or((rest.len(), 0));
        out.push_str(separator);
        out.push_str(&segment(&rest[..at]));
        if end.is_none() {
            break;
        }
        separator = &rest[at..at + length];
        rest = &rest[at + length..];
    }
    match out == parameter {
        true => Cow::Borrowed(parameter),
        false => Cow::Owned(out),
    }
}

fn segment(text: &str) -> Cow<'_, str> {
    if text.len() > 1 && text.starts_with('~') {
        return Cow::Owned(format!("~{SOMEBODY}"));
    }
    if let Some((begin, Some(name))) = namespace(text) {
        let rest = &text[begin.len() + name.len()..];
        return Cow::Owned(format!("{begin}{SOMEBODY}{}", without_mail(rest)));
    }
    without_mail(text)
}

/// `User:` and the name behind it, as far as it goes; no name for the pages that take it from the next
/// segment.
fn namespace(text: &str) -> Option<(&str, Option<&str>)> {
    let ends = |text: &str, ends: &[&str]| {
        let found = ends
            .iter()
            .filter_map(|end| Some((text.find(end)?, end.len())));
        found.min()
    };
    let lower = text
        .get(..text.len().min(40))
        .unwrap_or(text)
        .to_ascii_lowercase();
    let lower = lower.replace("%3a", ":");
    if NAMESPACES.contains(&lower.as_str()) && lower.contains(':') {
        return Some((text, None));
    }
    let (at, length) = ends(text, &[":", "%3A"])?;
    let name = text[..at].to_ascii_lowercase();
    if !NAMESPACES.contains(&name.as_str()) {
        return None;
    }
    let (begin, rest) = text.split_at(at + length);
    let end = ends(rest, &[":", "%3A", "%2F"]).map_or(rest.len(), |(at, _)| at);
    (end > 0).then_some((begin, Some(&rest[..end])))
}

/// The same of a name that is no web address, a path in a repository for instance. There a file may be
/// called `a@b.md`.
pub(super) fn anywhere(text: &str) -> Cow<'_, str> {
    if !holds_mail(text) {
        return Cow::Borrowed(text);
    }
    let words = text.split_inclusive(['/', ':', ' ']).map(|word| {
        let name = word.trim_end_matches(['/', ':', ' ']);
        let is_file = PROGRAMS.iter().any(|ending| name.ends_with(ending));
        match is_mail(name) && !is_file {
            true => format!("{SOMEBODY}{}", &word[name.len()..]),
            false => word.to_owned(),
        }
    });
    Cow::Owned(words.collect())
}

/// Whether a text holds what every mail address holds.
pub(super) fn holds_mail(text: &str) -> bool {
    AT.iter().any(|at| text.contains(at))
}

/// Mail addresses among the words of a text.
fn without_mail(text: &str) -> Cow<'_, str> {
    if !holds_mail(text) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let plain = rest
            .find(|c: char| "+,;:()'!*=&$".contains(c))
            .map(|at| (at, 1));
        let encoded = BETWEEN
            .iter()
            .filter_map(|mark| Some((rest.find(mark)?, 3)));
        let (end, length) = plain
            .into_iter()
            .chain(encoded)
            .min()
            .unwrap_or((rest.len(), 0));
        out.push_str(match is_mail(&rest[..end]) {
            true => SOMEBODY,
            false => &rest[..end],
        });
        out.push_str(&rest[end..end + length]);
        rest = &rest[end + length..];
    }
    match out == text {
        true => Cow::Borrowed(text),
        false => Cow::Owned(out),
    }
}

/// Whether a word is a mail address of a domain: `repo@main` and `tool@1.2.3` are none.
fn is_mail(word: &str) -> bool {
    let plain = AT
        .iter()
        .fold(Cow::Borrowed(word), |text, at| match text.contains(at) {
            true => Cow::Owned(text.replace(at, "@")),
            false => text,
        });
    let Some((local, domain)) = plain.split_once('@') else {
        return false;
    };
    let Some((_, last)) = domain.rsplit_once('.') else {
        return false;
    };
    let letters = last.len() > 1
        && last
            .bytes()
            .all(|byte| byte.is_ascii_alphabetic() || !byte.is_ascii());
    let coded = last.starts_with("xn--") || last.starts_with('%');
    let file = FILES.iter().any(|file| last.eq_ignore_ascii_case(file));
    !local.is_empty() && !domain.contains('@') && (letters || coded) && !file
}

#[cfg(test)]
mod tests {
    use super::super::target::{canonical, nameless};

    #[test]
    fn a_path_names_nobody() {
        for (given, expected) in [
            (
                "shop:people/ada@example.org/a.md",
                "shop:people/_somebody_/a.md",
            ),
            ("shop:ada@example.org", "shop:_somebody_"),
            ("shop:docs/a@b.md", "shop:docs/a@b.md"),
            ("handbook@1f2e:docs/a.md", "handbook@1f2e:docs/a.md"),
            ("INC-7", "INC-7"),
        ] {
            assert_eq!(nameless(given), expected);
        }
    }

    #[test]
    fn an_address_names_nobody() {
        let cases = [
            ("/display/~ada/Post", "/display/~_somebody_/Post"),
            ("/%7eada", "/~_somebody_"),
            ("/~/x", "/~/x"),
            ("/wiki/User:Ada/Post", "/wiki/User:_somebody_/Post"),
            ("/wiki/User%3AAda%2FPost", "/wiki/User%3A_somebody_%2FPost"),
            (
                "/wiki/Special:Contributions/Ada",
                "/wiki/Special:Contributions/_somebody_",
            ),
            (
                "/index.php?title=User_talk:Ada&action=edit",
                "/index.php?action=edit&title=User_talk:_somebody_",
            ),
            (
                "/doku.php?id=user:ada:post",
                "/doku.php?id=user:_somebody_:post",
            ),
            (
                "/x?user=ada&Author=grace&b=1",
                "/x?Author=_somebody_&b=1&user=_somebody_",
            ),
            (
                "/x?back=%2Fdisplay%2F~ada%2FPost",
                "/x?back=%2Fdisplay%2F~_somebody_%2FPost",
            ),
            (
                "/pages/view.action?spaceKey=~ada&title=a",
                "/pages/view.action?spaceKey=~_somebody_&title=a",
            ),
            ("/a/ada@example.org/b", "/a/_somebody_/b"),
            ("/a/ada%40example.org", "/a/_somebody_"),
            ("/a/ada%2540example.org", "/a/_somebody_"),
            ("/a/by+ada@mail.example.org,+late", "/a/by+_somebody_,+late"),
            ("/a/by%20ada\u{ff20}example.org", "/a/by%20_somebody_"),
            ("/a?q=ada@example.org", "/a?q=_somebody_"),
            ("/user/ada", "/user/_somebody_"),
            ("/u/ada", "/u/_somebody_"),
            // Names of things.
            ("/users/a/guide", "/users/a/guide"),
            ("/users", "/users"),
            ("/a/repo@main/-/b.md", "/a/repo@main/-/b.md"),
            ("/a/tool@1.2.3", "/a/tool@1.2.3"),
            ("/a/logo@2x.png", "/a/logo@2x.png"),
            ("/@sre/inc-9", "/@sre/inc-9"),
            ("/wiki/Username", "/wiki/Username"),
            ("/wiki/Users:_a_guide", "/wiki/Users:_a_guide"),
        ];
        for (given, expected) in cases {
            let expected = format!("https://h{expected}");
            assert_eq!(canonical(&format!("https://h{given}")), expected, "{given}");
            assert_eq!(canonical(&expected), expected, "{given}");
        }
    }
}
