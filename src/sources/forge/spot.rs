//! Where in a list a page stands, told by its address: what a smaller page around it is asked by.

use url::Url;

/// What the forges call the size of a page.
const SIZES: [&str; 3] = ["per_page", "limit", "pagelen"];
/// What stands in addresses of pages that are not told by their number.
const CURSORS: [&str; 6] = ["after", "before", "cursor", "ctx", "id_after", "page_token"];
/// What counts pages from 1, and what counts objects from 0.
const PLACES: [&str; 2] = ["page", "start"];

/// A stretch of a list.
pub(super) struct Spot {
    url: Url,
    others: Vec<(String, String)>,
    size_name: String,
    /// Its place counts objects.
    by_object: bool,
    /// Objects before it.
    pub(super) offset: u64,
    /// Objects in it.
    pub(super) size: u64,
}

impl Spot {
    /// Of the address of a page; `None` where it does not tell.
    pub(super) fn of(address: &str) -> Option<Spot> {
        let url = Url::parse(address).ok()?;
        let (mut others, mut size, mut place) = (Vec::new(), None, None);
        for (name, value) in url.query_pairs().into_owned() {
            match &*name {
                // GitLab asks for what happened after a day by the same name.
                cursor if CURSORS.contains(&cursor) && !is_day(&value) => return None,
                known if SIZES.contains(&known) => size = Some((name, value.parse().ok()?)),
                known if PLACES.contains(&known) => {
                    place = Some((name == "start", value.parse().ok()?));
                }
                _ => others.push((name, value)),
            }
        }
        let (size_name, size) = size.filter(|(_, size)| *size > 0)?;
        let by_object = place.map_or(url.path().contains("/rest/api/"), |(by, _)| by);
        let offset = match place {
            None => 0,
            Some((true, start)) => start,
            Some((false, page)) => u64::checked_mul(u64::checked_sub(page, 1)?, size)?,
        };
        Some(Spot {
            url,
            others,
            size_name,
            by_object,
            offset,
            size,
        })
    }

    /// The address of the page before, if there is one.
    pub(super) fn before(&self) -> Option<String> {
        let offset = self.offset.checked_sub(self.size)?;
        Some(self.at(offset, self.size))
    }

    /// The address of another stretch of the list; its offset is a multiple of its size.
    pub(super) fn at(&self, offset: u64, size: u64) -> String {
        let mut url = self.url.clone();
        let place = match self.by_object {
            true => ("start", offset),
            false => ("page", offset / size.max(1) + 1),
        };
        url.query_pairs_mut()
            .clear()
            .extend_pairs(&self.others)
            .append_pair(&self.size_name, &size.to_string())
            .append_pair(place.0, &place.1.to_string());
        url.into()
    }
}

fn is_day(value: &str) -> bool {
    value.len() == 10 && value.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'-'))
}

/// The largest size that so many objects can be read in without a rest.
pub(super) fn part(size: u64) -> u64 {
    let divisor = (2..=size).find(|divisor| size.is_multiple_of(*divisor));
    size / divisor.unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_told_by_its_address() {
        let at = |address: &str| Spot::of(address).map(|spot| (spot.offset, spot.size));
        for (address, expected) in [
            ("https://h/a?per_page=100", Some((0, 100))),
            ("https://h/a?page=3&per_page=100", Some((200, 100))),
            ("https://h/a?limit=50&page=2", Some((50, 50))),
            ("https://h/rest/api/1.0/a?limit=100&start=7", Some((7, 100))),
            ("https://h/rest/api/1.0/a?limit=100", Some((0, 100))),
            ("https://h/a?per_page=100&after=2026-02-28", Some((0, 100))),
            ("https://h/a?page=3", None),
            ("https://h/a?page=0&per_page=100", None),
            ("https://h/a?per_page=0", None),
            ("https://h/a?per_page=100&after=Y3Vy", None),
            ("nonsense", None),
        ] {
            assert_eq!(at(address), expected, "{address}");
        }
        let spot = Spot::of("https://h/a?q=x%3E%3D1&per_page=100&page=3").expect("a page");
        assert_eq!(spot.at(205, 5), "https://h/a?q=x%3E%3D1&per_page=5&page=42");
        let spot = Spot::of("https://h/rest/api/1.0/a?limit=100").expect("a page");
        assert_eq!(
            spot.at(50, 25),
            "https://h/rest/api/1.0/a?limit=25&start=50"
        );
    }

    #[test]
    fn parts_fill_the_whole() {
        let mut sizes = vec![100];
        while sizes.last() != Some(&1) {
            sizes.extend(sizes.last().map(|size| part(*size)));
        }
        assert_eq!(sizes, [100, 50, 25, 5, 1]);
        assert_eq!(part(1), 1);
        assert_eq!(part(0), 0);
    }
}
