//! Addresses of write-ups in a wiki: pages whose titles begin with `prefix`, or are in `titles`. Where
//! write-ups are members of a category, no address tells one.

use percent_encoding::percent_decode_str;
use url::Url;

use crate::sources::decode;
use crate::sources::sites::Site;

use super::Params;

/// The pages of the wiki.
pub(super) fn sites(params: toml::Table) -> Vec<Site> {
    let Ok(params) = decode::<Params>(params) else {
        return Vec::new();
    };
    let titles = Titles {
        prefix: params.prefix.filter(|prefix| !prefix.is_empty()),
        titles: params.titles.unwrap_or_default(),
        is_main: params.namespace == 0,
    };
    if titles.prefix.is_none() && titles.titles.is_empty() {
        return Vec::new();
    }
    let look = move |written: &Url, spelled: &str| {
        let title = title(written)?;
        titles.fit(&title).then(|| spelled.to_owned())
    };
    Site::new(&params.api, Box::new(look)).into_iter().collect()
}

/// Which pages are write-ups.
struct Titles {
    prefix: Option<String>,
    titles: Vec<String>,
    is_main: bool,
}

impl Titles {
    fn fit(&self, title: &str) -> bool {
        let plain = match self.is_main {
            true => Some(title),
            // What the wiki calls the namespace, nobody says.
            false => title.split_once(':').map(|(_, plain)| plain),
        };
        let begins = |prefix: &String| {
            let rest =
                plain.and_then(|plain| folded(plain).strip_prefix(&folded(prefix)).map(str::len));
            rest.is_some_and(|rest| rest > 0)
        };
        self.prefix.as_ref().is_some_and(begins)
            || self
                .titles
                .iter()
                .any(|known| folded(known) == folded(title))
    }
}

/// A title as the wiki compares it: spaces for underscores, the first letter in either case.
fn folded(title: &str) -> String {
    let title = title.replace('_', " ");
    let mut letters = title.trim().chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).collect()
}

/// The title in `/wiki/Title`, `/w/index.php/Title` and `/w/index.php?title=Title`.
fn title(address: &Url) -> Option<String> {
    let asked = address.query_pairs().find(|(name, _)| name == "title");
    if let Some((_, title)) = asked {
        return Some(title.into_owned());
    }
    let path = address.path();
    let below = ["/index.php/", "/wiki/"];
    let title = below
        .iter()
        .find_map(|below| Some(path.split_once(below)?.1));
    let title = percent_decode_str(title?).decode_utf8().ok()?;
    (!title.is_empty()).then(|| title.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looks(params: &str, address: &str) -> Option<String> {
        let api = "api = \"https://wiki.example.org/w/api.php\"\n";
        let params = toml::from_str(&format!("{api}{params}")).expect("valid");
        sites(params).iter().find_map(|site| site.writeup(address))
    }

    #[test]
    fn titles_tell_write_ups() {
        let wiki = "https://wiki.example.org";
        let prefix = "prefix = \"Incident/\"";
        for (params, path, fits) in [
            (prefix, "/wiki/Incident/2024_disk", true),
            (prefix, "/wiki/incident/2024%20disk", true),
            (prefix, "/w/index.php?title=Incident/2024_disk", true),
            (prefix, "/w/index.php/Incident/2024_disk", true),
            (prefix, "/wiki/Incident/", false),
            (prefix, "/wiki/Handbook", false),
            (prefix, "/wiki/Talk:Incident/2024_disk", false),
            (prefix, "/w/load.php?title=", false),
            (
                "prefix = \"2024\"\nnamespace = 3000",
                "/wiki/Incident:2024_disk",
                true,
            ),
            (
                "prefix = \"2024\"\nnamespace = 3000",
                "/wiki/2024_disk",
                false,
            ),
            (
                "titles = [\"The long night\"]",
                "/wiki/The_long_night",
                true,
            ),
            ("titles = [\"The long night\"]", "/wiki/The_long_day", false),
            (
                "category = \"Category:Incidents\"",
                "/wiki/Incident/2024_disk",
                false,
            ),
        ] {
            let found = looks(params, &format!("{wiki}{path}"));
            assert_eq!(found.is_some(), fits, "{params} {path}: {found:?}");
        }
        let found = looks(
            prefix,
            "http://ada:zzsecret@Wiki.example.org/wiki/Incident/a#why",
        );
        assert_eq!(
            found.as_deref(),
            Some("https://wiki.example.org/wiki/Incident/a")
        );
        assert_eq!(
            looks(prefix, "https://other.example.org/wiki/Incident/a"),
            None
        );
        assert_eq!(
            looks("prefix = \"User:\"", &format!("{wiki}/wiki/User:Ada")),
            None
        );
    }
}
