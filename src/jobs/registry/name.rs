//! What may be a name of a write-up: the rule for all who give one by hand, a page, the API or a command.

use crate::model::target::canonical;

/// So many characters stand before the star of a name that is no address.
const FEWEST: usize = 3;

/// Why something can't be a name. It repeats nothing of it: who is asked may have typed a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongName {
    /// Nothing stands there.
    #[error("a name is empty; valid are addresses, page ids, incident keys and paths")]
    Empty,
    /// It would stand for nearly everything.
    #[error(
        "a name that ends in * stands for too much; before the star valid are an address with its host \
         and at least one character of its path, such as https://wiki.example.org/incidents/*, or at \
         least {FEWEST} characters of another name"
    )]
    Wide,
}

/// Whether this may be a name.
///
/// # Errors
/// It is empty, or ends in a star and would stand for far more than one write-up.
pub fn fit(name: &str) -> Result<(), WrongName> {
    let name = name.trim();
    let begin = name.trim_end_matches(['*', ' ']);
    if begin.is_empty() {
        return Err(WrongName::Empty);
    }
    if !name.ends_with('*') {
        return Ok(());
    }
    // What targets are compared with is the one spelling, which may be shorter.
    match is_narrow(begin) && is_narrow(&canonical(begin)) {
        true => Ok(()),
        false => Err(WrongName::Wide),
    }
}

/// Whether what begins like this is not nearly everything.
fn is_narrow(begin: &str) -> bool {
    let begin = begin.to_ascii_lowercase();
    // `htt*` is every address.
    if ["https://", "http://"]
        .iter()
        .any(|all| all.starts_with(&begin))
    {
        return false;
    }
    let Some((_, rest)) = begin.split_once("://") else {
        return begin.chars().filter(|c| !c.is_whitespace()).count() >= FEWEST;
    };
    let Some((host, path)) = rest.split_once('/') else {
        return false;
    };
    // Whoever is named before the host is no part of it.
    let host = host.rsplit('@').next().unwrap_or_default();
    let path = path.split(['?', '#']).next().unwrap_or_default();
    !host.is_empty() && !path.trim_matches('/').is_empty()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_star_stands_for_something() {
        for name in ["*", " * ", "**", "", " "] {
            assert_eq!(fit(name), Err(WrongName::Empty), "{name:?}");
        }
        for name in [
            "h*",
            "htt*",
            "HTTPS*",
            "https:*",
            "https://*",
            "https:///*",
            "https://w*",
            "https://wiki.example.org*",
            "https://wiki.example.org/*",
            "http://wiki.example.org//**",
            "https://wiki.example.org/?title=*",
            "https://wiki.example.org/./*",
            "https://user@/x*",
            "a *",
            "ab*",
        ] {
            assert_eq!(fit(name), Err(WrongName::Wide), "{name:?}");
        }
        for name in [
            "a",
            "INC-1",
            "INC*",
            "docs/*",
            "wiki:*",
            "https://wiki.example.org/a*",
            "https://wiki.example.org/index.php?title=INC*",
            "http://h.example/space/*",
            "https://wiki.example.org",
        ] {
            assert_eq!(fit(name), Ok(()), "{name:?}");
        }
    }

    proptest! {
        #[test]
        fn no_star_stands_for_every_address(name in "[htpsHTPS:/ .*]{0,12}") {
            let name = format!("{name}*");
            if fit(&name).is_ok() {
                let begin = canonical(name.trim_end_matches(['*', ' '])).into_owned();
                prop_assert!(!"https://wiki.example.org/".starts_with(&begin), "{name:?}");
            }
        }
    }
}
