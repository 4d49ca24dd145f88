//! Addresses: the same page knows its neighbours as routes of a server or as files of a report.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::assets;
use super::desk::Seat;
use super::list::ListQuery;

/// What may stand in a segment or a parameter as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// Where a page's links lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Links {
    /// To routes of a server.
    Server,
    /// The same for a reader who may go to more of them.
    Seated(Seat),
    /// To files of a static report; `inside` for pages in its folders `writeups/` and `slices/`.
    Report {
        /// Whether the page lies one folder down.
        inside: bool,
    },
}

impl Links {
    /// The leader's page.
    pub fn overview(self) -> String {
        self.pick("/".to_owned(), "index.html")
    }

    /// The list of write-ups.
    pub fn writeups(self, query: &ListQuery) -> String {
        let file = match query.page {
            0 | 1 => "writeups.html".to_owned(),
            page => format!("writeups-{page}.html"),
        };
        self.pick(format!("/writeups{}", query.encode()), &file)
    }

    /// The page of a write-up.
    pub fn writeup(self, id: &str) -> String {
        let route = format!("/writeups/{}", utf8_percent_encode(id, PLAIN));
        self.pick(route, &format!("writeups/{}.html", file_stem(id)))
    }

    /// A page of the reviews.
    pub fn reviews(self, page: usize) -> String {
        let (query, file) = match page {
            0 | 1 => (String::new(), "reviews.html".to_owned()),
            page => (format!("?page={page}"), format!("reviews-{page}.html")),
        };
        self.pick(format!("/reviews{query}"), &file)
    }

    /// Links to write-ups.
    pub fn links(self) -> String {
        self.pick("/links".to_owned(), "links.html")
    }

    /// Which parts of the write-ups there are.
    pub fn slices(self) -> String {
        self.pick("/slices".to_owned(), "slices.html")
    }

    /// One of them.
    pub fn slice(self, by: &str, name: &str) -> String {
        let stem = file_stem(&format!("{by}-{name}"));
        self.pick(
            format!("/slices/{by}/{}", encode(name)),
            &format!("slices/{stem}.html"),
        )
    }

    /// A quarter on one page.
    pub fn quarter(self, name: &str) -> String {
        self.pick(format!("/quarters/{name}"), &format!("quarter-{name}.html"))
    }

    /// All definitions.
    pub fn definitions(self) -> String {
        self.pick("/definitions".to_owned(), "definitions.html")
    }

    /// What is for those who look closer.
    pub fn explore(self) -> String {
        self.pick("/explore".to_owned(), "explore.html")
    }

    /// What is collected of people, and on which terms.
    pub fn privacy(self) -> String {
        self.pick("/privacy".to_owned(), "privacy.html")
    }

    /// The definition of one indicator.
    pub fn definition(self, code: &str) -> String {
        format!("{}#{}", self.definitions(), encode(code))
    }

    /// How what an indicator tells of a write-up came about; a report has no such pages.
    pub fn explained(self, code: &str, id: &str) -> Option<String> {
        let route = || format!("/definitions/{}?writeup={}", encode(code), encode(id));
        self.can_search().then(route)
    }

    /// The style sheet, or another asset.
    pub fn asset(self, path: &str) -> String {
        let route = format!("/assets/{path}?v={}", assets::version(path));
        self.pick(route, &format!("assets/{path}"))
    }

    /// A chart as a file; `kind` is `svg` or `png`.
    pub fn chart(self, name: &str, kind: &str) -> String {
        self.pick(
            format!("/charts/{name}.{kind}"),
            &format!("charts/{name}.{kind}"),
        )
    }

    /// Whether somebody answers a search.
    pub fn can_search(self) -> bool {
        matches!(self, Links::Server | Links::Seated(_))
    }

    /// The numbers themselves.
    pub fn summary(self) -> String {
        self.pick("/summary.json".to_owned(), "summary.json")
    }

    fn pick(self, route: String, file: &str) -> String {
        match self {
            Links::Server | Links::Seated(_) => route,
            Links::Report { inside: false } => file.to_owned(),
            Links::Report { inside: true } => format!("../{file}"),
        }
    }
}

/// A text made fit for a parameter of an address.
pub(super) fn encode(text: &str) -> String {
    utf8_percent_encode(text, PLAIN).to_string()
}

/// A file name for an id: what is unusual in a name becomes a hyphen, and a hash keeps two such
/// ids apart.
pub(super) fn file_stem(id: &str) -> String {
    let usual = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let kept: String = id
        .chars()
        .map(|c| if usual(c) { c } else { '-' })
        .take(80)
        .collect();
    // File systems that fold case would let `A` overwrite `a`.
    if kept == id && !id.starts_with('.') && !id.chars().any(|c| c.is_ascii_lowercase()) {
        return kept;
    }
    let hash = xxhash_rust::xxh3::xxh3_64(id.as_bytes());
    format!("{}-{:08x}", kept.trim_start_matches('.'), hash as u32)
}

/// The address, if a browser may be sent there.
pub(super) fn outside(address: &str) -> Option<&str> {
    let lower = address.get(..8.min(address.len()))?.to_ascii_lowercase();
    (lower.starts_with("https://") || lower.starts_with("http://")).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_addresses_become_links() {
        assert_eq!(outside("javascript:alert(1)"), None);
        assert_eq!(outside("data:text/html,x"), None);
        assert_eq!(outside(""), None);
        assert_eq!(
            outside("HTTPS://wiki.example.org/x"),
            Some("HTTPS://wiki.example.org/x")
        );
    }

    #[test]
    fn files_of_odd_ids_stay_in_their_folder() {
        assert_eq!(file_stem("INC-12"), "INC-12");
        for id in ["../../etc/passwd", "a/b", "..", "é", "a b", "inc-12"] {
            let stem = file_stem(id);
            assert!(!stem.contains('/') && !stem.starts_with('.'), "{stem}");
        }
        assert_ne!(file_stem("a/b"), file_stem("a b"));
        assert_ne!(file_stem("inc-12"), file_stem("Inc-12"));
    }

    #[test]
    fn a_route_holds_any_id() {
        assert_eq!(Links::Server.writeup("a/b?c"), "/writeups/a%2Fb%3Fc");
        assert_eq!(Links::Report { inside: true }.overview(), "../index.html");
    }
}
