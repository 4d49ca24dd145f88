//! Names of people in web addresses: where a wiki writes somebody's name by its own rules, and mail
//! addresses. [`super::target::canonical`] writes [`SOMEBODY`] for them.

use std::borrow::Cow;

/// What stands for a name.
pub const SOMEBODY: &str = "_somebody_";

/// Parameters whose value is somebody, lower case.
const PARAMETERS: &[&str] = &[
    "account",
    "accountid",
    "assignee",
    "author",
    "e-mail",
    "email",
    "ip",
    "login",
    "mail",
    "reporter",
    "uid",
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
    "user",
    "user_talk",
    "usuario",
    "utente",
    "utilisateur",
];

/// Pages that are about the user whom the next segment names, or the parameter `target`.
const SPECIAL: &[&str] = &["special:contributions", "special:emailuser", "special:log"];

/// Folders of a site that hold a page for each account.
const FOLDERS: &[&str] = &["u", "user", "users"];

/// Pages below that of an account.
const OF_ACCOUNT: &[&str] = &[
    "activity",
    "badges",
    "contributed",
    "groups",
    "messages",
    "notifications",
    "preferences",
    "projects",
    "snippets",
    "starred",
    "summary",
];

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

/// The segments of a path, in the one spelling of percent-encoding. What ends in a star is a pattern, and
/// no name.
pub(super) fn path<'a>(host: &str, segments: &[&'a str]) -> Vec<Cow<'a, str>> {
    let somebody = Cow::Borrowed(SOMEBODY);
    let mut kept: Vec<Cow<'a, str>> = Vec::with_capacity(segments.len());
    for (at, one) in segments.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| segments.get(at)).copied();
        let named = match before {
            _ if one.is_empty() || one.ends_with('*') => false,
            // `Special:Contributions/Ada`
            Some(before) if namespace(before).is_some_and(|(_, name)| name.is_none()) => true,
            Some(before) if at == 1 && FOLDERS.contains(&before) => {
                let rest = segments.get(2);
                let of_account = rest.is_none_or(|page| OF_ACCOUNT.contains(page));
                of_account && is_account(one)
            }
            // `/personal/ada_example_org/` of SharePoint
            Some("personal") => host.ends_with(".sharepoint.com"),
            _ => false,
        };
        // A message is called by a number at a host, and by nobody.
        let is_message = before == Some("message-id") || host.starts_with("lore.");
        kept.push(match (named, is_message) {
            (true, _) => somebody.clone(),
            (false, true) => Cow::Borrowed(*one),
            (false, false) => segment(one),
        });
    }
    kept
}

/// Whether a page in a folder of accounts is one: names of pages hold what names of accounts rarely do.
fn is_account(name: &str) -> bool {
    let last = name.rsplit_once('.').map_or("", |(_, last)| last);
    !name.contains(['-', '+', '%'])
        && !FILES.contains(&last)
        && !PROGRAMS.iter().any(|end| name.ends_with(end))
}

/// The parameters of a query.
pub(super) fn query(parameters: &[String]) -> Vec<Cow<'_, str>> {
    let values = parameters.iter().filter_map(|one| one.split_once('='));
    let mut values = values.map(|(_, value)| value);
    let special = values.any(|value| namespace(value).is_some_and(|(_, name)| name.is_none()));
    let each = parameters.iter().map(|one| match one.split_once('=') {
        Some(("target", name)) if special && !name.is_empty() => {
            Cow::Owned(format!("target={SOMEBODY}"))
        }
        _ => parameter(one),
    });
    each.collect()
}

fn parameter(parameter: &str) -> Cow<'_, str> {
    let Some((name, value)) = parameter.split_once('=') else {
        return segment(parameter);
    };
    if value.ends_with('*') {
        return Cow::Borrowed(parameter);
    }
    let lower = name.to_ascii_lowercase();
    if PARAMETERS.contains(&lower.as_str()) && !value.is_empty() {
        return Cow::Owned(format!("{name}={SOMEBODY}"));
    }
    let mut out = String::with_capacity(parameter.len());
    out.push_str(name);
    let mut rest = value;
    let mut separator = "=";
    let mut before = None;
    loop {
        let slash = rest.find('/').map(|at| (at, 1));
        let encoded = rest.find("%2F").map(|at| (at, 3));
        let end = slash.into_iter().chain(encoded).min();
        let (at, length) = end.unwrap_or((rest.len(), 0));
        out.push_str(separator);
        let one = &rest[..at];
        // `title=Special:Contributions/Ada`
        let is_about = before
            .and_then(namespace)
            .is_some_and(|(_, name)| name.is_none());
        match is_about && !one.is_empty() {
            true => out.push_str(SOMEBODY),
            false => out.push_str(&segment(one)),
        }
        before = Some(one);
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
    if text.ends_with('*') {
        return Cow::Borrowed(text);
    }
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
/// segment. A title that goes on with a space is prose, and so is one of several words.
fn namespace(text: &str) -> Option<(&str, Option<&str>)> {
    let ends = |text: &str, ends: &[&str]| {
        let found = ends
            .iter()
            .filter_map(|end| Some((text.find(end)?, end.len())));
        found.min()
    };
    let plain = |text: &str| {
        let lower = text.to_ascii_lowercase();
        lower
            .replace("%3a", ":")
            .replace("%20", "_")
            .replace([' ', '+'], "_")
    };
    if text.len() < 60 && SPECIAL.contains(&plain(text).as_str()) {
        return Some((text, None));
    }
    let (at, length) = ends(text, &[":", "%3A"])?;
    if at > 40 || !NAMESPACES.contains(&plain(&text[..at]).as_str()) {
        return None;
    }
    let (begin, rest) = text.split_at(at + length);
    let end = ends(rest, &[":", "%3A", "%2F"]).map_or(rest.len(), |(at, _)| at);
    let name = &rest[..end];
    let is_prose =
        name.is_empty() || name.contains('+') || name.starts_with("%20") || name.starts_with('_');
    // Where a wiki writes its spaces small (`user:ada:post`), words stand between hyphens.
    let is_words = begin.starts_with(|c: char| c.is_ascii_lowercase()) && name.contains('-');
    (!is_prose && !is_words).then_some((begin, Some(name)))
}

/// The same of a name that is no web address, a path in a repository for instance. There a file may be
/// called `a@b.md`.
pub(super) fn anywhere(text: &str) -> Cow<'_, str> {
    // The homes of people on machines: `/home/ada/x.md`, `C:/Users/ada/x.md`.
    for home in ["/home/", ":/Users/", ":\\Users\\"] {
        if let Some((begin, rest)) = text.split_once(home)
            && (begin.is_empty() || !begin.contains(char::is_whitespace))
            && !rest.is_empty()
        {
            let end = rest.find(['/', '\\']).unwrap_or(rest.len());
            if begin.is_empty() || begin.starts_with("file:") || begin.len() == 1 {
                return Cow::Owned(format!("{begin}{home}{SOMEBODY}{}", &rest[end..]));
            }
        }
    }
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

/// Whether a fragment, which has no part in what a page is called, names somebody.
pub(super) fn in_fragment(fragment: &str) -> bool {
    let parts = fragment.trim_start_matches('#').split(['&', '?', '/']);
    let mut parts = parts.map(|part| matches!(parameter(part), Cow::Owned(_)));
    holds_mail(fragment) || parts.any(|named| named)
}

/// Whether a text holds what every mail address holds.
fn holds_mail(text: &str) -> bool {
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
    !local.is_empty() && !domain.contains('@') && (letters || coded) && !file && !is_message(local)
}

/// Whether what stands before the sign is the number of a message: long, and with a date or many digits.
fn is_message(local: &str) -> bool {
    let digits = local.bytes().filter(u8::is_ascii_digit).count();
    let begins = local.bytes().take_while(u8::is_ascii_digit).count();
    begins >= 8 || (local.len() >= 24 && digits >= 6)
}

#[cfg(test)]
mod tests {
    use super::super::target::{canonical, nameless};

    #[test]
    fn a_host_has_its_own_ways() {
        for (given, expected) in [
            (
                "https://lore.example.org/sre/a@example.org",
                "https://lore.example.org/sre/a@example.org",
            ),
            (
                "https://o-my.sharepoint.com/personal/ada_example_org/a.docx",
                "https://o-my.sharepoint.com/personal/_somebody_/a.docx",
            ),
            ("https://h/personal/a_b_c", "https://h/personal/a_b_c"),
        ] {
            assert_eq!(canonical(given), expected);
        }
    }

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
            ("/home/ada/pm.md", "/home/_somebody_/pm.md"),
            (
                "file:///C:/Users/ada/pm.md",
                "file:///C:/Users/_somebody_/pm.md",
            ),
            ("shop:src/home/view.rs", "shop:src/home/view.rs"),
            ("https://h/p#user=ada", "https://h/p"),
            ("https://h/p#L12", "https://h/p#L12"),
            (
                "https://h/p?uid=7&ip=10.1.2.3",
                "https://h/p?ip=_somebody_&uid=_somebody_",
            ),
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
            ("/wiki/User%3AAda%2FPost", "/wiki/User:_somebody_%2FPost"),
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
                "/x?back=/display/~_somebody_/Post",
            ),
            (
                "/pages/view.action?spaceKey=~ada&title=a",
                "/pages/view.action?spaceKey=~_somebody_&title=a",
            ),
            (
                "/index.php?title=Special%3AContributions%2FAda",
                "/index.php?title=Special:Contributions/_somebody_",
            ),
            ("/a/ada@example.org/b", "/a/_somebody_/b"),
            ("/a/ada%40example.org", "/a/_somebody_"),
            ("/a/ada%2540example.org", "/a/_somebody_"),
            ("/a/by+ada@mail.example.org,+late", "/a/by+_somebody_,+late"),
            ("/a/by%20ada\u{ff20}example.org", "/a/by%20_somebody_"),
            ("/a?q=ada@example.org", "/a?q=_somebody_"),
            ("/user/ada", "/user/_somebody_"),
            ("/u/ada.lovelace/summary", "/u/_somebody_/summary"),
            ("/users/ada/projects", "/users/_somebody_/projects"),
            ("/wiki/User%20talk:Ada_L", "/wiki/User%20talk:_somebody_"),
            (
                "/index.php?title=Special:Contributions&target=Ada",
                "/index.php?target=_somebody_&title=Special:Contributions",
            ),
            // Names of things.
            ("/users/a/guide", "/users/a/guide"),
            ("/users", "/users"),
            ("/user/outage-2026-03", "/user/outage-2026-03"),
            ("/users/oom.html", "/users/oom.html"),
            ("/profile/ada", "/profile/ada"),
            (
                "/doku.php?id=user:login-outage-2026-01",
                "/doku.php?id=user:login-outage-2026-01",
            ),
            (
                "/display/OPS/User:+cannot+log+in",
                "/display/OPS/User:+cannot+log+in",
            ),
            (
                "/message-id/CA123%40mail.example.org",
                "/message-id/CA123@mail.example.org",
            ),
            ("/sre/20260302-x@example.org", "/sre/20260302-x@example.org"),
            ("/user/*", "/user/*"),
            ("/wiki/User:log*", "/wiki/User:log*"),
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
