//! Accounts by the kind of source that knows them: how columns of rosters and arguments of commands name
//! what a source calls somebody.

use crate::model::Identity;

/// A kind of account.
#[derive(Debug, PartialEq, Eq)]
pub struct Account {
    /// The name of its column, and before the colon of an argument.
    pub name: &'static str,
    /// The kind of source; empty: of none.
    pub source: &'static str,
    /// What the value is there.
    pub kind: &'static str,
    /// What stands in it.
    pub says: &'static str,
}

/// Every kind. A test compares them with what the sources make.
pub static ACCOUNTS: [Account; 28] = [
    one("account", "", "account", "what events carry as `person`"),
    one(
        "access_log",
        "access-log",
        "user",
        "a user of the web server",
    ),
    one(
        "bitbucket",
        "bitbucket",
        "account_id",
        "an Atlassian account at Bitbucket Cloud",
    ),
    one(
        "bitbucket_name",
        "bitbucket",
        "name",
        "a user name at Bitbucket Data Center",
    ),
    one(
        "bitbucket_uuid",
        "bitbucket",
        "uuid",
        "what Bitbucket Cloud calls who has no account",
    ),
    one(
        "bookstack",
        "bookstack",
        "user",
        "a user's number in BookStack",
    ),
    one("chat", "chat", "account", "a user's id in the chat"),
    one(
        "confluence",
        "confluence",
        "account",
        "an Atlassian account at Confluence Cloud",
    ),
    one(
        "confluence_key",
        "confluence",
        "key",
        "a userKey at Confluence Data Center",
    ),
    one(
        "confluence_name",
        "confluence",
        "name",
        "a user name at Confluence Data Center",
    ),
    one("dokuwiki", "dokuwiki", "user", "a login name in DokuWiki"),
    one(
        "drive",
        "drive",
        "user",
        "what permissions of Google Drive call a user",
    ),
    one("drive_name", "drive", "name", "a name in Google Docs"),
    one("git", "git", "name", "a name in the header of a write-up"),
    one(
        "git_account",
        "git",
        "account",
        "what stands for an address in commits",
    ),
    one(
        "gitea",
        "gitea",
        "login",
        "a login at Gitea, Forgejo or Gogs",
    ),
    one("github", "github", "login", "a login at GitHub"),
    one("gitlab", "gitlab", "username", "a user name at GitLab"),
    one(
        "google",
        "google",
        "user",
        "a user's number in Google Workspace (users/ID in Meet)",
    ),
    one(
        "icalendar",
        "icalendar",
        "address",
        "an address in calendars that is no mail address",
    ),
    one("icalendar_name", "icalendar", "name", "a name in calendars"),
    one("mediawiki", "mediawiki", "name", "a user name in the wiki"),
    one("notion", "notion", "user", "a user's id in Notion"),
    one("outline", "outline", "user", "a user's id in Outline"),
    one("wikijs", "wikijs", "user", "a user's number in Wiki.js"),
    one("xapi", "xapi", "account", "home page, two colons, name"),
    one(
        "xapi_mbox_sha1sum",
        "xapi",
        "mbox_sha1sum",
        "40 hexadecimal digits",
    ),
    one("xapi_openid", "xapi", "openid", "an OpenID"),
];

const fn one(
    name: &'static str,
    source: &'static str,
    kind: &'static str,
    says: &'static str,
) -> Account {
    Account {
        name,
        source,
        kind,
        says,
    }
}

impl Account {
    /// The identity of somebody by such an account. A mail address is one everywhere.
    pub fn identity(&self, value: &str) -> Identity {
        let bare = Identity::bare(value);
        match bare.is_email() || self.source.is_empty() {
            true => bare,
            false => Identity::of_source(self.source, self.kind, value.trim()),
        }
    }
}

/// The kind of account of this name.
pub fn account(name: &str) -> Option<&'static Account> {
    let name = name.trim().to_lowercase().replace(['-', ' '], "_");
    ACCOUNTS.iter().find(|account| account.name == name)
}

/// Somebody as people write them: a mail address, `github:ada`, or what events carry as `person`.
///
/// # Errors
/// What would be valid; never what was written.
pub fn identity(text: &str) -> Result<Identity, String> {
    let bare = Identity::bare(text);
    if bare.is_email() {
        return Ok(bare);
    }
    match text.split_once(':') {
        Some((_, value)) if value.trim().is_empty() => {}
        Some((name, value)) => {
            if let Some(account) = account(name) {
                return Ok(account.identity(value));
            }
        }
        None if !bare.value.is_empty() => return Ok(bare),
        None => {}
    }
    let known: Vec<&str> = ACCOUNTS.iter().map(|account| account.name).collect();
    Err(format!(
        "is nobody; valid are a mail address, an account as KIND:NAME, and a pseudonym of 32 hexadecimal \
         digits; known kinds are {}",
        known.join(", ")
    ))
}

/// Somebody as people write them where any text is a name: as in [`identity`] where that is one, else what
/// events carry as `person`.
pub fn somebody(text: &str) -> Identity {
    identity(text).unwrap_or_else(|_| Identity::bare(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_named_in_several_ways() {
        let of = |text: &str| {
            let found = identity(text).unwrap();
            (found.source, found.kind, found.value)
        };
        assert_eq!(of("MAILTO:Ada@example.org").2, "Ada@example.org");
        assert_eq!(of("github:Ada"), ("github", "login", "Ada".to_owned()));
        assert_eq!(
            of("access-log:ada"),
            ("access-log", "user", "ada".to_owned())
        );
        assert_eq!(of("p0001"), ("", "account", "p0001".to_owned()));
        assert_eq!(of("account:a:b"), ("", "account", "a:b".to_owned()));
        for wrong in ["", " ", "githb:ada", "github:", ":"] {
            let words = identity(wrong).unwrap_err();
            assert!(
                words.contains("github") && !words.contains("ada"),
                "{words}"
            );
        }
    }
}
