//! What every wiki is made with, whatever it is asked by.

use regex::Regex;

use super::{Maker, Places};
use crate::sources::Setting;

/// One wiki, as the configuration has it.
pub(in crate::sources) struct House {
    /// Where its events go, and what is known already.
    pub(in crate::sources) setting: Setting,
    /// What is asked, for people.
    pub(in crate::sources) what: &'static str,
    /// Makes its events.
    pub(in crate::sources) maker: Maker,
    /// What incident keys look like in titles.
    pub(in crate::sources) keys: Vec<Regex>,
    /// Which pages are onboarding pages and runbooks.
    pub(in crate::sources) places: Places,
    /// Whether comments are told of.
    pub(in crate::sources) comments: bool,
    /// Whether links between pages are.
    pub(in crate::sources) links: bool,
}

impl House {
    /// With all that can be told of, the usual places, and no keys.
    pub(in crate::sources) fn new(setting: &Setting) -> House {
        House {
            setting: setting.clone(),
            what: "the wiki",
            maker: Maker {
                source: setting.source.as_str().into(),
            },
            keys: Vec::new(),
            places: Places::new(None, None),
            comments: true,
            links: true,
        }
    }
}

/// What `comments` and `links` are where nothing is said.
pub(in crate::sources) fn yes() -> bool {
    true
}
