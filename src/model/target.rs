//! The one spelling of a web address. Events, aliases and link finders all compare addresses after
//! [`canonical`], so that one page has one name however it was copied.

use std::borrow::Cow;

use super::named::{self, SOMEBODY};
use super::{percent, same_page};

/// Query parameters that only say where a visitor came from, lower case, beside all of `utm_*`.
///
/// `ref`, `source` and `src` are not among them: forges and wikis use them to choose a version or
/// a page.
pub const TRACKING_PARAMETERS: &[&str] = &[
    "_ga",
    "_gl",
    "_hsenc",
    "_hsmi",
    "atlorigin",
    "dclid",
    "fbclid",
    "gbraid",
    "gclid",
    "igshid",
    "mc_cid",
    "mc_eid",
    "mkt_tok",
    "msclkid",
    "ref_src",
    "twclid",
    "usp",
    "wbraid",
    "yclid",
];

/// The rules of [`canonical`], for those who ask why two addresses are one target, or are not.
pub const RULES: &str = "\
Two addresses are one target if they differ only in
  - http or https, letter case of the host, a final dot of it, port 80 or 443, user and password;
  - slashes at the end, `.` and `..` segments, the fragment, an empty query;
  - percent-encoding: letters, digits and -._~!$'(),:@ are written plainly, so are & and = in paths and
    / ? = in values of a query; others that need it are written as upper-case %XX. What divides an address
    is not the same encoded: / ? # % ; + in paths (%2F is no slash there), & # % ; + in queries;
  - the order of query parameters, and those that only say where a visitor came from: utm_*, _ga, _gl,
    _hsenc, _hsmi, atlorigin, dclid, fbclid, gbraid, gclid, igshid, mc_cid, mc_eid, mkt_tok, msclkid,
    ref_src, twclid, usp, wbraid, yclid;
  - a wrapper of web.archive.org around them;
  - whose page it is: mail addresses, ~ada, User:Ada, ?user=ada and /user/ada are written `_somebody_`;
  - how Confluence names a page: /x/AbC, /spaces/KEY/pages/123/Title, /pages/viewpage.action?pageId=123;
  - how a document of Google Docs is looked at (/edit, /view, /preview), in which domain and by which
    account; of a file of Google Drive /file/d/ID and /open?id=ID are one address;
  - how a file at GitHub, or at a GitLab (below /-/), is looked at: /raw/, /blame/ and /edit/ are written
    /blob/, and ?plain, ?raw, ?inline and ?ref_type are left out.
`www.` stays, but for www.github.com: it can be another site. What is no http(s) address stays as it is.";

/// The one spelling of an address. Equal for addresses that differ only in
///
/// - `http` or `https`, letter case of scheme and host, a final dot of the host, port 80 or 443,
///   user and password (both dropped);
/// - trailing slashes, `.` and `..` segments, the fragment, an empty query;
/// - percent-encoding: what means the same encoded and not is written plainly, everything else that needs
///   it as upper-case `%XX` ([`RULES`], [`percent`]);
/// - the order of query parameters, and those of [`TRACKING_PARAMETERS`] and `utm_*`;
/// - a wrapper of web.archive.org around it;
/// - who is named in it ([`named`]);
/// - how a wiki names one page: by number, by number and title, or by a short link ([`RULES`]);
/// - how a file at a forge is looked at.
///
/// `www.` stays, but for GitHub's: it can be another site. Anything that is no http(s) address comes back trimmed.
/// Applying it twice changes nothing.
pub fn canonical(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    let Some(mut written) = step(text) else {
        return Cow::Borrowed(text);
    };
    // Writing can uncover more to do (a wrapper hidden by percent-encoding), each time on a shorter
    // text; the bound is for the doubtful.
    for _ in 0..16 {
        match step(&written) {
            Some(next) if next != written => written = next,
            _ => break,
        }
    }
    if written == text {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(written)
    }
}

/// A name as it was written, or, where somebody is named in it, in a spelling that names nobody: the
/// [`canonical`] one of an address.
pub fn nameless(text: &str) -> Cow<'_, str> {
    match canonical(text) {
        spelled if !spelled.starts_with("https://") => named::anywhere(text),
        Cow::Owned(spelled) if names_somebody(text, &spelled) => Cow::Owned(spelled),
        _ => Cow::Borrowed(text),
    }
}

/// Whether somebody is named in an address whose canonical spelling this is: in what became
/// [`SOMEBODY`], or in the fragment, which has no part in it.
pub fn names_somebody(text: &str, spelled: &str) -> bool {
    let fragment = memchr::memchr(b'#', text.as_bytes()).map_or("", |at| &text[at..]);
    memchr::memmem::find(spelled.as_bytes(), SOMEBODY.as_bytes()).is_some()
        || (named::in_fragment(fragment) && spelled.starts_with("https://"))
}

/// The host of an http(s) address as [`canonical`] writes it, without its port; `None` for any
/// other text.
pub fn host(text: &str) -> Option<String> {
    split(text.trim()).map(|parts| one_host(parts.host))
}

/// A web address without the user and password in it, otherwise as it was written: who copied an
/// address is nobody's business. The same goes for addresses inside it, in an archive's path or in a
/// parameter, and for `//user@host`. Any other text comes back as it is.
pub fn without_user(text: &str) -> Cow<'_, str> {
    // Nearly every text: nothing to look for.
    let may = memchr::memchr2(b'@', b'%', text.as_bytes());
    if may.is_none_or(|at| !text[at..].contains('@') && !text[at..].contains("%40")) {
        return Cow::Borrowed(text);
    }
    // One pass over the text: it may be as long as a line.
    let upper = text.to_ascii_uppercase();
    let plain = upper.match_indices("://").map(|(at, _)| (at + 3, false));
    let encoded = upper
        .match_indices("%3A%2F%2F")
        .map(|(at, _)| (at + 9, true));
    let mut begins: Vec<(usize, bool)> = plain.chain(encoded).collect();
    if text.starts_with("//") {
        begins.push((2, false));
    }
    begins.sort_unstable();
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for (begin, encoded) in begins {
        if begin < done {
            continue;
        }
        let inside = done > 0 || text[..begin].contains('?');
        let end = begin + authority(&upper[begin..], encoded, inside);
        let at = if encoded { "%40" } else { "@" };
        let host = upper[begin..end]
            .rfind(at)
            .map_or(begin, |found| begin + found + at.len());
        out.push_str(&text[done..begin]);
        out.push_str(&text[host..end]);
        done = end;
    }
    out.push_str(&text[done..]);
    match out == text {
        true => Cow::Borrowed(text),
        false => Cow::Owned(out),
    }
}

/// How far user and host reach. Inside a parameter the next one ends them, too.
fn authority(upper: &str, encoded: bool, inside: bool) -> usize {
    let ends = |at: usize| match (upper.as_bytes()[at], encoded) {
        (b'%', true) => ["%2F", "%3F", "%23"]
            .iter()
            .any(|end| upper[at..].starts_with(end)),
        (b'&', _) => encoded || inside,
        (b'#', _) => true,
        (b'/' | b'?' | b'\\', false) => true,
        _ => false,
    };
    (0..upper.len()).find(|at| ends(*at)).unwrap_or(upper.len())
}

fn step(text: &str) -> Option<String> {
    let mut parts = split(text)?;
    let mut text = text;
    while let Some((inner, inner_parts)) = archived(text, &parts) {
        text = inner;
        parts = inner_parts;
    }
    Some(write(&parts))
}

struct Parts<'a> {
    host: &'a str,
    /// Only a port that is not a default one.
    port: Option<&'a str>,
    path: &'a str,
    query: &'a str,
}

fn split(text: &str) -> Option<Parts<'_>> {
    let colon = memchr::memchr(b':', text.as_bytes())?;
    let (scheme, rest) = text.split_at(colon);
    let rest = rest.strip_prefix("://")?;
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return None;
    }
    let rest = rest.split('#').next().unwrap_or(rest);
    let end = rest.find(['/', '?', '\\']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(end);
    let authority = authority.rsplit('@').next().unwrap_or(authority);
    let (host, port) = match authority.rsplit_once(':') {
        // The colons of an IPv6 address stand inside brackets.
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => (host, port),
        _ => (authority, ""),
    };
    let host = host.trim_end_matches('.');
    if host.is_empty() || host.contains(char::is_whitespace) {
        return None;
    }
    let port = port.trim_start_matches('0');
    let port = (!matches!(port, "" | "80" | "443")).then_some(port);
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    Some(Parts {
        host,
        port,
        path,
        query,
    })
}

/// The address inside `https://web.archive.org/web/20180102030405id_/https://…`.
fn archived<'a>(text: &'a str, outer: &Parts<'_>) -> Option<(&'a str, Parts<'a>)> {
    if !outer.host.eq_ignore_ascii_case("web.archive.org") {
        return None;
    }
    let (_, rest) = text.split_once("/web/")?;
    if let Some(parts) = split(rest) {
        return Some((rest, parts));
    }
    let (stamp, inner) = rest.split_once('/')?;
    if stamp != "*" && !stamp.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    split(inner).map(|parts| (inner, parts))
}

fn write(parts: &Parts<'_>) -> String {
    let capacity = parts.host.len() + parts.path.len() + parts.query.len() + 16;
    let mut out = String::with_capacity(capacity);
    let host = one_host(parts.host);
    out.push_str("https://");
    out.push_str(&host);
    if let Some(port) = parts.port {
        out.push(':');
        out.push_str(port);
    }
    let path = percent::path(parts.path);
    let mut segments = segments(&path);
    let mut query: Vec<String> = parts.query.split('&').map(percent::parameter).collect();
    query.retain(|p| !p.is_empty() && !is_tracking(p));
    same_page::file(&host, &mut segments, &mut query);
    let mut query = named::query(&query);
    query.sort_unstable();
    if let Some(page) = same_page::of(&host, &segments, &query) {
        out.push_str(&page);
        return out;
    }
    for segment in named::path(&host, &segments) {
        out.push('/');
        out.push_str(&segment);
    }
    for (index, parameter) in query.iter().enumerate() {
        out.push(if index == 0 { '?' } else { '&' });
        out.push_str(parameter);
    }
    out
}

/// A host in its one spelling. GitHub sends whoever asks for its other name on to this one.
fn one_host(host: &str) -> String {
    let host = host.to_ascii_lowercase();
    match host.as_str() {
        "www.github.com" => "github.com".to_owned(),
        _ => host,
    }
}

/// The segments of a path without `.`, `..` and slashes at the end.
fn segments(path: &str) -> Vec<&str> {
    let mut kept = Vec::new();
    for segment in path.split(['/', '\\']).skip(1) {
        match segment {
            "." => {}
            ".." => {
                kept.pop();
            }
            _ => kept.push(segment),
        }
    }
    while kept.last().is_some_and(|segment| segment.is_empty()) {
        kept.pop();
    }
    kept
}

fn is_tracking(parameter: &str) -> bool {
    let name = parameter
        .split('=')
        .next()
        .unwrap_or(parameter)
        .to_ascii_lowercase();
    name.starts_with("utm_") || TRACKING_PARAMETERS.contains(&name.as_str())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_page_has_one_spelling() {
        let cases = [
            (
                "https://wiki.example.org/a/b",
                "https://wiki.example.org/a/b",
            ),
            (
                " HTTP://Wiki.Example.org.:80/a/b/?#top ",
                "https://wiki.example.org/a/b",
            ),
            (
                "https://ada:secret@wiki.example.org:443/a/./x/../b",
                "https://wiki.example.org/a/b",
            ),
            (
                "https://h:8443/%7euser/%2f%e2%82%ac",
                "https://h:8443/~_somebody_/%2F%E2%82%AC",
            ),
            ("https://h/\u{20ac} x", "https://h/%E2%82%AC%20x"),
            (
                "https://h/p?b=2&utm_source=mail&a=1&GCLID=x&",
                "https://h/p?a=1&b=2",
            ),
            (
                "https://h/p?ref=main&source=a",
                "https://h/p?ref=main&source=a",
            ),
            (
                "https://web.archive.org/web/20180102030405id_/http://h/p/?a=1#x",
                "https://h/p?a=1",
            ),
            ("https://h/100%", "https://h/100%25"),
            (
                "https://h/w/index.php?title=Incidents%2FQueue_%282026%29",
                "https://h/w/index.php?title=Incidents/Queue_(2026)",
            ),
            (
                "https://h/wiki/Queue%3A_%282026%29%2C_it%27s",
                "https://h/wiki/Queue:_(2026),_it's",
            ),
            ("https://h/a%2Fb%3Fc%3Bd%2Be", "https://h/a%2Fb%3Fc%3Bd%2Be"),
            ("https://h", "https://h"),
            ("https://www.h/", "https://www.h"),
            ("https://web.archive.org/web/*/http://h/p", "https://h/p"),
            ("https://web.archive.org/web/http://h/p", "https://h/p"),
            (
                "https://h/wiki/x/AbC",
                "https://h/wiki/pages/viewpage.action?pageId=8433665",
            ),
            (
                "https://h/wiki/spaces/OPS/pages/8433665/Queue+overflow?atlOrigin=x",
                "https://h/wiki/pages/viewpage.action?pageId=8433665",
            ),
            (
                "https://h/pages/viewpage.action?focusedCommentId=7&pageId=12",
                "https://h/pages/viewpage.action?pageId=12",
            ),
            ("https://h/a/b/x/AbC", "https://h/a/b/x/AbC"),
            (
                "https://docs.google.com/document/u/1/d/1a-B/edit?usp=sharing#heading=h.1",
                "https://docs.google.com/document/d/1a-B",
            ),
            (
                "https://docs.google.com/a/example.org/document/d/1a-B/edit?tab=t.0",
                "https://docs.google.com/document/d/1a-B",
            ),
            (
                "https://drive.google.com/file/u/0/d/1a-B/view?usp=drive_link&resourcekey=0-x",
                "https://drive.google.com/open?id=1a-B",
            ),
            (
                "https://drive.google.com/open?usp=drive_fs&id=1a-B",
                "https://drive.google.com/open?id=1a-B",
            ),
            (
                "https://www.GitHub.com/o/r/blame/main/pm/a.md#L3",
                "https://github.com/o/r/blob/main/pm/a.md",
            ),
            (
                "https://github.com/o/r/blob/main/pm/a.md?plain=1#L3",
                "https://github.com/o/r/blob/main/pm/a.md",
            ),
            (
                "https://git.example.org/g/h/r/-/edit/main/a.md?ref_type=heads&x=1",
                "https://git.example.org/g/h/r/-/blob/main/a.md?x=1",
            ),
            (
                "https://git.example.org/g/r/-/raw/main/a.md?inline=false",
                "https://git.example.org/g/r/-/blob/main/a.md",
            ),
            // No files: a folder, a page of another site, a repository's own pages.
            (
                "https://github.com/o/r/tree/main/pm",
                "https://github.com/o/r/tree/main/pm",
            ),
            (
                "https://h/o/r/edit/main/a.md?plain=1",
                "https://h/o/r/edit/main/a.md?plain=1",
            ),
            (
                "https://github.com/o/r/issues?plain=1",
                "https://github.com/o/r/issues?plain=1",
            ),
            ("https://h/a/-/edit/b", "https://h/a/-/edit/b"),
            (" INC-12 ", "INC-12"),
            ("mailto:ada@example.org", "mailto:ada@example.org"),
            ("https://", "https://"),
        ];
        for (given, expected) in cases {
            assert_eq!(canonical(given), expected, "{given}");
        }
        assert!(matches!(canonical("https://h/p"), Cow::Borrowed(_)));
    }

    #[test]
    fn an_address_names_nobody() {
        let cases = [
            ("https://ada:secret@h/p?x=a@b#c", "https://h/p?x=a@b#c"),
            ("ssh://git@h", "ssh://h"),
            ("https://h/@ada", "https://h/@ada"),
            ("//ada:secret@h/p", "//h/p"),
            ("https://a&b@h/p", "https://h/p"),
            (
                "https://web.archive.org/web/2018/http://ada:secret@h/p",
                "https://web.archive.org/web/2018/http://h/p",
            ),
            (
                "https://h/p?to=https://ada@x&by=a@b",
                "https://h/p?to=https://x&by=a@b",
            ),
            (
                "https://h/p?to=https%3a%2f%2fada%3asecret%40x%2Fq&n=1",
                "https://h/p?to=https%3a%2f%2fx%2Fq&n=1",
            ),
            ("handbook@1f2e:docs/a.md", "handbook@1f2e:docs/a.md"),
        ];
        for (given, expected) in cases {
            assert_eq!(without_user(given), expected, "{given}");
        }
    }

    /// An address that is written in other ways.
    struct Spelled {
        scheme: String,
        host: String,
        path: String,
        query: Vec<String>,
        end: String,
        around: String,
    }

    impl Spelled {
        fn text(&self) -> String {
            let Spelled {
                scheme,
                host,
                path,
                query,
                end,
                around,
            } = self;
            let query = match query.is_empty() {
                true => String::new(),
                false => format!("?{}", query.join("&")),
            };
            format!("{around}{scheme}://{host}{path}{query}{end}")
        }

        fn differ(&mut self, way: usize) {
            match way {
                0 => self.scheme = "HTTP".to_owned(),
                1 => self.host = self.host.to_ascii_uppercase(),
                2 if !self.host.contains(':') => self.host.push_str(":443"),
                3 => self.path.push('/'),
                4 if !self.path.contains("%c3") => {
                    self.path = self.path.replace('a', "%61").replace('~', "%7e");
                }
                5 => self.path = self.path.replace('\u{e9}', "%c3%a9"),
                6 => self.query.reverse(),
                7 => self.query.push("utm_campaign=x".to_owned()),
                8 if self.around.is_empty() => {
                    self.around = "https://web.archive.org/web/2020/".to_owned();
                }
                _ => self.end = "#top".to_owned(),
            }
        }
    }

    fn address() -> impl Strategy<Value = String> {
        let host = "[a-zA-Z0-9.:@-]{1,12}";
        let path = "[a-zA-Z0-9/.%~_ \u{e9}\\\\|-]{0,24}";
        let query = "[a-z=&%+?/]{0,16}";
        let archive = prop_oneof![Just(""), Just("https://web.archive.org/web/2018/")];
        (archive, host, path, query).prop_map(|(archive, host, path, query)| {
            format!("{archive}http://{host}/{path}?{query}")
        })
    }

    #[test]
    fn a_long_text_takes_no_long_time() {
        let text = format!("{}ada@h", "://%3A%2F%2F".repeat(50_000));
        assert!(!without_user(&text).contains("ada"));
    }

    proptest! {
        #[test]
        fn without_user_never_panics(text in any::<String>()) {
            prop_assert!(without_user(&text).len() <= text.len());
        }

        #[test]
        fn twice_is_once(text in prop_oneof![address(), any::<String>()]) {
            let once = canonical(&text).into_owned();
            prop_assert_eq!(canonical(&once).into_owned(), once);
        }

        /// Each way in which two spellings of one page may differ, in any order.
        #[test]
        fn two_spellings_meet(
            host in "[a-z]{1,8}\\.example",
            path in prop::collection::vec("[a-z0-9~é]{1,6}", 0..4),
            pairs in prop::collection::btree_map("[a-z]{3}", "[a-z0-9]{0,3}", 0..3),
            ways in prop::collection::vec(0usize..9, 0..6),
        ) {
            prop_assume!(pairs.keys().all(|name| !is_tracking(name)));
            let path = format!("/{}", path.join("/"));
            let query: Vec<String> = pairs.iter().map(|(k, v)| format!("{k}={v}")).collect();
            let mut parts = Spelled {
                scheme: "https".to_owned(),
                host: host.clone(),
                path: path.clone(),
                query: query.clone(),
                end: String::new(),
                around: String::new(),
            };
            let plain = parts.text();
            for way in ways {
                parts.differ(way);
            }
            let other = parts.text();
            prop_assert_eq!(canonical(&other), canonical(&plain), "{} {}", other, plain);
        }

        #[test]
        fn tracking_never_matters(
            base in address(),
            name in prop::sample::select(TRACKING_PARAMETERS),
            value in "[a-z0-9]{0,6}",
        ) {
            prop_assume!(host(&base).is_some());
            let tracked = format!("{base}&{name}={value}");
            prop_assert_eq!(canonical(&tracked), canonical(&base));
            let tracked = format!("{base}&utm_{value}={value}");
            prop_assert_eq!(canonical(&tracked), canonical(&base));
        }
    }
}
