//! Names of pages: how DokuWiki spells them, what a link's text means, and which addresses a page has. Pure.

use url::Url;

/// Where an address of a page has its name, with colons and with slashes.
const HOLES: [&str; 2] = ["{id}", "{path}"];

/// The page behind an ordinary address.
const SCRIPT: &str = "doku.php";

/// Letters with accents as DokuWiki writes them where it keeps none, which is its usual setting.
const PLAIN: &[(&str, &str)] = &[
    ("ae", "äæ"),
    ("oe", "öœ"),
    ("ue", "ü"),
    ("ss", "ß"),
    ("th", "þ"),
    ("a", "àáâãåāăą"),
    ("c", "çćĉċč"),
    ("d", "ďđð"),
    ("e", "èéêëēĕėęě"),
    ("g", "ĝğġģ"),
    ("h", "ĥħ"),
    ("i", "ìíîïĩīĭįı"),
    ("j", "ĵ"),
    ("k", "ķ"),
    ("l", "ĺļľŀł"),
    ("n", "ñńņňŉŋ"),
    ("o", "òóôõøōŏő"),
    ("r", "ŕŗř"),
    ("s", "śŝşšș"),
    ("t", "ţťŧț"),
    ("u", "ùúûũūŭůűų"),
    ("w", "ŵ"),
    ("y", "ýÿŷ"),
    ("z", "źżž"),
];

/// A page's name as DokuWiki spells it.
pub(super) fn clean(raw: &str) -> String {
    let mut spelled = String::with_capacity(raw.len());
    for letter in raw.trim().chars().flat_map(char::to_lowercase) {
        let kept = match letter {
            ';' => ':',
            letter if letter.is_alphanumeric() || "-.:".contains(letter) => letter,
            _ => '_',
        };
        if !(kept == '_' && spelled.ends_with('_')) {
            spelled.push(kept);
        }
    }
    let parts = spelled.split(':');
    let parts = parts.map(|part| part.trim_matches(['.', '_', '-']));
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    parts.join(":")
}

fn without_accents(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    for letter in name.chars() {
        match PLAIN.iter().find(|(_, accented)| accented.contains(letter)) {
            Some((letters, _)) => plain.push_str(letters),
            None => plain.push(letter),
        }
    }
    plain
}

/// The last part of a page's name.
pub(super) fn last(id: &str) -> &str {
    id.rsplit(':').next().unwrap_or(id)
}

/// The namespace of a page; empty at the top.
fn namespace(id: &str) -> &str {
    id.rsplit_once(':').map_or("", |(namespace, _)| namespace)
}

/// The pages that a link on `page` may mean, the likeliest first; none where it leads elsewhere.
pub(super) fn meant(link: &str, page: &str, start: &str) -> Vec<String> {
    let target = link.split(['#', '?']).next().unwrap_or_default().trim();
    let is_elsewhere =
        target.contains("://") || target.contains(['>', '@']) || target.starts_with('\\');
    if target.is_empty() || is_elsewhere {
        return Vec::new();
    }
    let mut meant = Vec::new();
    // Where the wiki writes slashes for colons, links may do so, too.
    for target in [target.to_owned(), target.replace('/', ":")] {
        let whole = absolute(&target, page);
        let names = match whole.strip_suffix(':') {
            // A namespace stands for the page that it opens with.
            Some(namespace) => vec![
                format!("{namespace}:{start}"),
                format!("{namespace}:{}", last(namespace)),
                namespace.to_owned(),
            ],
            None => vec![whole],
        };
        for name in names {
            let name = clean(&name);
            for name in [without_accents(&name), name] {
                if !name.is_empty() && !meant.contains(&name) {
                    meant.push(name);
                }
            }
        }
    }
    meant
}

/// A link's text from the top: `.:page`, `..:page` and `~page` start at the page, and so does a name without
/// a namespace.
fn absolute(target: &str, page: &str) -> String {
    if let Some(below) = target.strip_prefix('~') {
        return format!("{page}:{}", below.trim_start_matches(':'));
    }
    let mut within: Vec<&str> = namespace(page).split(':').collect();
    let mut rest = target;
    if !target.contains(':') && !target.starts_with('.') {
        return format!("{}:{target}", namespace(page));
    }
    if !target.starts_with('.') {
        return target.to_owned();
    }
    loop {
        let dots = rest.len() - rest.trim_start_matches('.').len();
        if dots == 0 {
            break;
        }
        if dots > 1 {
            within.pop();
        }
        rest = rest[dots..].trim_start_matches(':');
    }
    format!("{}:{rest}", within.join(":"))
}

/// How the wiki's pages are found by people.
pub(super) struct Addresses {
    /// The address of a page, with a hole for its name.
    page: String,
    /// The wiki's own address, with a slash at its end.
    base: String,
}

impl Addresses {
    /// From the address of the wiki, or of a page with a hole in it.
    pub(super) fn new(given: &str) -> Option<Addresses> {
        let given = given.trim();
        let hole = HOLES.iter().filter_map(|hole| given.find(hole)).min();
        let front = &given[..hole.unwrap_or(given.len())];
        let front = front.split(SCRIPT).next().unwrap_or(front);
        let url = Url::parse(front).ok().filter(|url| {
            let is_web = matches!(url.scheme(), "http" | "https");
            is_web && url.username().is_empty() && url.password().is_none() && url.query().is_none()
        })?;
        let base = format!("{}/", url.as_str().trim_end_matches('/'));
        let page = match hole {
            Some(_) => given.to_owned(),
            None => format!("{base}{SCRIPT}?id={{id}}"),
        };
        Some(Addresses { page, base })
    }

    /// The address of a page.
    pub(super) fn of(&self, id: &str) -> String {
        let filled = self.page.replace(HOLES[0], id);
        filled.replace(HOLES[1], &id.replace(':', "/"))
    }

    /// All addresses of a page, whatever way of writing them the wiki is set to.
    pub(super) fn all(&self, id: &str) -> Vec<String> {
        let base = &self.base;
        let path = id.replace(':', "/");
        let encoded = id.replace(':', "%3A");
        let mut all = vec![
            self.of(id),
            format!("{base}{SCRIPT}?id={id}"),
            format!("{base}{SCRIPT}?id={encoded}"),
            format!("{base}{SCRIPT}/{id}"),
            format!("{base}{SCRIPT}/{path}"),
            format!("{base}{id}"),
            format!("{base}{path}"),
        ];
        let mut seen = Vec::new();
        all.retain(|one| {
            let is_new = !seen.contains(one);
            seen.push(one.clone());
            is_new
        });
        all
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_spelled_as_the_wiki_does() {
        for (raw, spelled) in [
            ("Disk full", "disk_full"),
            (" PM:Disk  full! ", "pm:disk_full"),
            (":pm:_x_:-y.", "pm:x:y"),
            ("a;b", "a:b"),
            ("v1.2-rc", "v1.2-rc"),
            ("__", ""),
        ] {
            assert_eq!(clean(raw), spelled, "{raw}");
        }
    }

    #[test]
    fn links_mean_pages() {
        for (link, page) in [
            ("dns", "pm:old:dns"),
            ("DNS down#why", "pm:old:dns_down"),
            (":dns", "dns"),
            ("ops:DNS", "ops:dns"),
            (".:dns", "pm:old:dns"),
            (".dns", "pm:old:dns"),
            ("..:dns", "pm:dns"),
            ("..dns", "pm:dns"),
            ("..:..:dns", "dns"),
            ("..:..:..:..:dns", "dns"),
            ("~more", "pm:old:disk:more"),
            ("ops:", "ops:start"),
            ("Störung", "pm:old:stoerung"),
        ] {
            let meant = meant(link, "pm:old:disk", "start");
            assert_eq!(meant.first().map(String::as_str), Some(page), "{link}");
        }
        let with = |link, page: &str| meant(link, "disk", "start").contains(&page.to_owned());
        assert!(with("Störung", "störung") && with("/pm/dns", "pm:dns") && with("ops:", "ops:ops"));
        for elsewhere in [
            "https://example.org/a",
            "wp>Disk",
            "ada@example.org",
            "\\\\share\\x",
            "#top",
            "",
        ] {
            assert!(
                meant(elsewhere, "pm:disk", "start").is_empty(),
                "{elsewhere}"
            );
        }
    }

    #[test]
    fn a_page_has_its_addresses() {
        let plain = Addresses::new("https://wiki.example.org/w").expect("valid");
        assert_eq!(
            plain.of("pm:disk"),
            "https://wiki.example.org/w/doku.php?id=pm:disk"
        );
        assert_eq!(plain.all("pm:disk").len(), 6);
        assert_eq!(plain.all("disk").len(), 3, "{:?}", plain.all("disk"));
        for (given, address) in [
            ("https://h/{path}", "https://h/pm/disk"),
            ("https://h/doku.php/{id}", "https://h/doku.php/pm:disk"),
            (
                "https://h/w/doku.php?id={id}",
                "https://h/w/doku.php?id=pm:disk",
            ),
        ] {
            let addresses = Addresses::new(given).expect(given);
            assert_eq!(addresses.of("pm:disk"), address);
            assert_eq!(addresses.all("pm:disk")[0], address);
            assert!(
                addresses
                    .all("pm:disk")
                    .iter()
                    .any(|one| one.ends_with("/doku.php/pm/disk"))
            );
        }
        for wrong in [
            "wiki.example.org",
            "ftp://h/",
            "https://a:b@h/",
            "https://h/?x=1",
            "",
        ] {
            assert!(Addresses::new(wrong).is_none(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn any_link_is_read(link in "[.:~/#a-zA-Z _\u{e4}-]{0,20}", page in "[a-z]{1,3}(:[a-z]{1,3}){0,3}") {
            for name in meant(&link, &page, "start") {
                prop_assert_eq!(clean(&name), name);
            }
        }

        #[test]
        fn spelling_twice_changes_nothing(raw in "\\PC{0,20}") {
            let once = clean(&raw);
            prop_assert_eq!(clean(&once), once);
        }
    }
}
