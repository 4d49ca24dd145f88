//! What addresses of a source's write-ups look like, so that one that no write-up ever had is known as
//! what it is: a link to nothing. Shared by sources; it is no kind of source.

use url::Url;

use crate::model::target::{canonical, host, names_somebody};

/// The name of a write-up that an address of this site would be one of; `None` for all that looks like
/// something else, or is there. It is given the address as it was written and its one spelling.
pub(super) type Look = Box<dyn Fn(&Url, &str) -> Option<String> + Send>;

/// Where a source has its pages.
pub struct Site {
    host: String,
    look: Look,
}

impl Site {
    /// The site that this address is of.
    pub(super) fn new(address: &str, look: Look) -> Option<Site> {
        let host = host(address)?;
        Some(Site { host, look })
    }

    /// What write-up an address would be, if it looks like one of this site.
    pub fn writeup(&self, written: &str) -> Option<String> {
        if host(written)? != self.host {
            return None;
        }
        let spelled = canonical(written);
        // Whoever has a page of their own is told to nobody.
        if names_somebody(written, &spelled) {
            return None;
        }
        (self.look)(&Url::parse(written).ok()?, &spelled)
    }
}
