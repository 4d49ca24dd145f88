//! Paths that the operator leaves out: what is served beside the documents, and is none.

use crate::sources::SourceError;

/// Patterns of paths.
pub(super) struct Excluded(Vec<String>);

impl Excluded {
    /// From the parameter.
    pub(super) fn new(given: Vec<String>) -> Result<Excluded, SourceError> {
        match given
            .iter()
            .find(|one| !one.starts_with('/') && !one.starts_with('*'))
        {
            Some(wrong) => Err(SourceError::Params(format!(
                "exclude: {wrong:?} fits no path; valid is one such as \"/static/*\", in which * stands for \
                 anything"
            ))),
            None => Ok(Excluded(given)),
        }
    }

    /// Whether a request is left out, by its path without its query.
    pub(super) fn contain(&self, target: &[u8]) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let text = String::from_utf8_lossy(target);
        let path = text.split(['?', '#']).next().unwrap_or(&text);
        let path = match is_whole_url(path.as_bytes()) {
            true => {
                let rest = path.split_once("://").map_or("", |(_, rest)| rest);
                rest.find('/').map_or("/", |at| &rest[at..])
            }
            false => path,
        };
        self.0.iter().any(|pattern| fits(pattern, path))
    }
}

/// Whether the target is an address with its host, as proxies get it.
pub(in crate::sources) fn is_whole_url(target: &[u8]) -> bool {
    target.starts_with(b"http://") || target.starts_with(b"https://")
}

/// Whether a path is what a pattern says, from its beginning to its end.
fn fits(pattern: &str, path: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = path.strip_prefix(first) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_left_out_by_patterns() {
        let excluded = Excluded::new(vec![
            "/static/*".to_owned(),
            "*/export/*.txt".to_owned(),
            "/health".to_owned(),
        ]);
        let excluded = excluded.expect("valid");
        for path in [
            "/static/",
            "/static/a?b",
            "/a/export/b/c.txt",
            "/health?x=1",
            "https://h.example.org/static/x",
        ] {
            assert!(excluded.contain(path.as_bytes()), "{path}");
        }
        for path in [
            "/",
            "/static",
            "/a/static/b",
            "/healthy",
            "/a/export/b.txt/c",
            "/pm?from=/static/x",
            "https://h.example.org",
        ] {
            assert!(!excluded.contain(path.as_bytes()), "{path}");
        }
        let refused = Excluded::new(vec!["static".to_owned()]).map(drop);
        let words = refused.expect_err("no path").to_string();
        assert!(
            words.contains("\"static\"") && words.contains("/static/*"),
            "{words}"
        );
        assert!(fits("/a*b*b", "/abb") && !fits("/a*b*b", "/ab"));
    }
}
