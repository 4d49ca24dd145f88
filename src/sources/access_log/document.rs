//! Which requests are reads of a document: GET, answered with 200 or 304, no asset, no prefetch.
//! Robots and repeats stay in; they are labelled later.

use std::borrow::Cow;
use std::fmt::Write;

use memchr::{memchr3, memrchr};

use super::access::Access;
use crate::sources::visited::is_whole_url;

/// Endings of files that belong to pages but are none themselves, and of feeds.
const ASSETS: [&str; 49] = [
    // Style and script.
    "css",
    "js",
    "mjs",
    "map",
    "wasm",
    "json",
    "webmanifest",
    "xsl",
    // Pictures.
    "png",
    "jpg",
    "jpeg",
    "gif",
    "svg",
    "svgz",
    "ico",
    "cur",
    "webp",
    "avif",
    "bmp",
    "tif",
    "tiff",
    "apng",
    // Fonts.
    "woff",
    "woff2",
    "ttf",
    "otf",
    "eot",
    // Sound and film.
    "mp3",
    "mp4",
    "m4a",
    "m4v",
    "ogg",
    "oga",
    "ogv",
    "wav",
    "webm",
    "mov",
    "avi",
    "swf",
    "vtt",
    // Feeds and lists for machines.
    "xml",
    "rss",
    "atom",
    "rdf",
    "ics",
    // Archives.
    "zip",
    "gz",
    "tgz",
    "tar",
];

/// Files that are read by machines alone.
const FOR_MACHINES: [&str; 4] = ["robots.txt", "ads.txt", "humans.txt", "security.txt"];

/// The endings of files that are no documents.
pub(super) struct Assets(Vec<String>);

impl Assets {
    /// The usual ones and these, with or without a dot in front.
    pub(super) fn with(more: &[String]) -> Self {
        let more = more
            .iter()
            .map(|ending| ending.trim_start_matches('.').to_owned());
        Assets(
            ASSETS
                .iter()
                .map(|ending| (*ending).to_owned())
                .chain(more)
                .collect(),
        )
    }

    /// Whether the file of this path, taken without its query, is an asset.
    fn contain(&self, path: &[u8]) -> bool {
        let end = memchr3(b'?', b'#', b';', path).unwrap_or(path.len());
        let name = memrchr(b'/', &path[..end]).map_or(&path[..end], |slash| &path[slash + 1..end]);
        let Some(dot) = memrchr(b'.', name) else {
            return false;
        };
        let ending = &name[dot + 1..];
        self.0
            .iter()
            .any(|asset| asset.as_bytes().eq_ignore_ascii_case(ending))
            || FOR_MACHINES
                .iter()
                .any(|file| file.as_bytes().eq_ignore_ascii_case(name))
    }
}

/// Why this request is no read of a document; `None` if it is one.
pub(super) fn left_out(access: &Access<'_>, assets: &Assets) -> Option<&'static str> {
    if access.method.is_empty() {
        Some("no request")
    } else if *access.method != *b"GET" {
        Some("not GET")
    } else if !matches!(access.status, 200 | 304) {
        Some("status not 200 or 304")
    } else if !access.path.starts_with(b"/") && !is_whole_url(&access.path) {
        Some("no path")
    } else if assets.contain(&access.path) {
        Some("asset")
    } else if access.prefetch {
        Some("prefetch")
    } else {
        None
    }
}

/// Bytes as text. Where they are no UTF-8, or hold control characters, these and everything beyond
/// ASCII are percent-encoded.
pub(super) fn text(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.bytes().any(|byte| byte.is_ascii_control()) => Cow::Borrowed(text),
        _ => {
            let mut encoded = String::with_capacity(bytes.len() + 16);
            for &byte in bytes {
                if byte.is_ascii_control() || !byte.is_ascii() {
                    // Writing to a String can't fail.
                    let _ = write!(encoded, "%{byte:02X}");
                } else {
                    encoded.push(char::from(byte));
                }
            }
            Cow::Owned(encoded)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assets_by_ending() {
        let assets = Assets::with(&[".DrawIO".to_owned()]);
        for path in [
            "/a/b.css?v=2",
            "/LOGO.PNG",
            "/feed.xml",
            "/robots.txt",
            "/plan.drawio",
            "/x.js#a.html",
            "/x.js;jsessionid=1",
        ] {
            assert!(assets.contain(path.as_bytes()), "{path}");
        }
        for path in [
            "/",
            "/postmortem.txt",
            "/a.css/b",
            "/page?file=a.png",
            "/v1.2",
            "/report.pdf",
            "/a.html",
        ] {
            assert!(!assets.contain(path.as_bytes()), "{path}");
        }
    }

    #[test]
    fn bytes_become_text() {
        assert_eq!(text("/a ü".as_bytes()), "/a ü");
        assert_eq!(text(b"/\xa9\xfab"), "/%A9%FAb");
        assert_eq!(text("/a\nü".as_bytes()), "/a%0A%C3%BC");
    }
}
