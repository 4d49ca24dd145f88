//! What stands before the paths of a log, to make addresses of pages of them.

use std::borrow::Cow;

use super::access::Access;
use super::{SourceError, document, line};
use crate::sources::visited::{Visited, is_whole_url};

/// What stands before the paths.
pub(super) struct Base {
    scheme: String,
    host: String,
    folder: String,
}

impl Base {
    /// The start of an address.
    pub(super) fn new(text: &str) -> Result<Self, SourceError> {
        let wrong = || {
            SourceError::Params(match text.is_empty() {
                true => "base: is missing; valid is what stands before the paths of the log, such as base = \
                         \"https://wiki.example.org\""
                    .to_owned(),
                false => format!(
                    "base: {text:?} is not the start of an address such as \"https://wiki.example.org\""
                ),
            })
        };
        let url = url::Url::parse(text).map_err(|_| wrong())?;
        let host = url.host_str().ok_or_else(wrong)?;
        let plain = matches!(url.scheme(), "http" | "https")
            && url.username().is_empty()
            && url.query().is_none()
            && url.fragment().is_none();
        if !plain {
            return Err(wrong());
        }
        Ok(Base {
            scheme: url.scheme().to_owned(),
            host: url
                .port()
                .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")),
            folder: url.path().trim_end_matches('/').to_owned(),
        })
    }

    /// The page that was asked for, without what only says by whom and how; `None` where its path
    /// names somebody. Bytes that are no UTF-8 are percent-encoded.
    pub(super) fn subject(
        &self,
        access: &Access<'_>,
        vhost: bool,
        visited: &Visited,
    ) -> Option<String> {
        let path: Cow<'_, [u8]> = match access.escaped {
            true => line::unescape(&access.path),
            false => Cow::Borrowed(&*access.path),
        };
        let path = visited.page(&document::text(&path))?;
        if is_whole_url(path.as_bytes()) {
            return Some(path);
        }
        let host = match access.vhost.as_deref() {
            Some(name) if vhost && name != b"-" => vhost_name(name),
            _ => Cow::Borrowed(self.host.as_str()),
        };
        Some([&self.scheme, "://", &host, &self.folder, &path].concat())
    }
}

/// The name of a virtual host without the port a browser would leave out.
fn vhost_name(name: &[u8]) -> Cow<'_, str> {
    let name = name
        .strip_suffix(b":443")
        .or_else(|| name.strip_suffix(b":80"))
        .unwrap_or(name);
    document::text(name)
}
