//! Names that somebody of a roster may have elsewhere, made of what they are called and of the addresses
//! they have. They are guesses: what comes of them is shown to people, who decide.

use std::collections::{BTreeSet, HashMap};

use unicode_normalization::UnicodeNormalization as _;

use super::{ACCOUNTS, Account, Member, spelling};
use crate::model::Identity;

/// At most so many domains of a roster are tried, those with the most people.
const MOST_DOMAINS: usize = 12;

/// A name that somebody may have.
pub struct Alike {
    /// The place of the member in the list.
    pub member: usize,
    /// How it was made, such as `github flast`.
    pub way: String,
    /// The name itself.
    pub identity: Identity,
}

/// Hands out every guess for every member.
pub fn alike(members: &[Member], mut visit: impl FnMut(Alike)) {
    let domains = domains(members);
    for (number, member) in members.iter().enumerate() {
        let own: BTreeSet<_> = member.identities.iter().map(spelling).collect();
        let mut told = BTreeSet::new();
        let mut tell = |way: String, identity: Identity| {
            let spelled = spelling(&identity);
            if !own.contains(&spelled) && told.insert(spelled) {
                visit(Alike {
                    member: number,
                    way,
                    identity,
                });
            }
        };
        for (way, word) in words(member) {
            for domain in &domains {
                let address = Identity::bare(&format!("{word}@{domain}"));
                if address.is_email() {
                    tell(format!("address {way}@{domain}"), address);
                }
            }
            for account in &ACCOUNTS {
                tell(format!("{} {way}", account.name), account.identity(&word));
                if account.source == "mediawiki" {
                    // The first letter of a user name is a capital there.
                    tell(
                        format!("{} {way}", account.name),
                        account.identity(&capital(&word)),
                    );
                }
            }
        }
        for login in member
            .identities
            .iter()
            .filter(|one| one.source == "github")
        {
            // What commits carry of those who hide their address there.
            let hidden = format!("{}@users.noreply.github.com", login.value);
            tell(
                "address of GitHub's own".to_owned(),
                Identity::bare(&hidden),
            );
        }
        for (way, word) in called(member) {
            for account in ACCOUNTS.iter().filter(|account| is_spoken(account)) {
                tell(format!("{} {way}", account.name), account.identity(&word));
            }
        }
    }
}

/// Whether such accounts hold what people are called.
fn is_spoken(account: &Account) -> bool {
    account.kind == "name"
}

/// The domains of a roster's addresses, the most common first.
fn domains(members: &[Member]) -> Vec<String> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    let identities = members.iter().flat_map(|member| &member.identities);
    for mail in identities.filter(|identity| identity.is_email()) {
        if let Some((_, domain)) = mail.value.trim().rsplit_once('@') {
            *counts.entry(domain.to_lowercase()).or_default() += 1;
        }
    }
    let mut domains: Vec<(String, usize)> = counts.into_iter().collect();
    domains.sort_by(|a, b| (b.1, &a.0).cmp(&(a.1, &b.0)));
    domains.truncate(MOST_DOMAINS);
    domains.into_iter().map(|(domain, _)| domain).collect()
}

/// What somebody is called: `first last` and `last, first`.
fn called(member: &Member) -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    for name in member
        .entries
        .iter()
        .filter_map(|entry| entry.name.as_deref())
    {
        let Some((first, last)) = halves(name) else {
            all.push(("name", name.trim().to_owned()));
            continue;
        };
        all.push(("first last", format!("{first} {last}")));
        all.push(("last, first", format!("{last}, {first}")));
    }
    all
}

/// First and last name.
fn halves(name: &str) -> Option<(String, String)> {
    if let Some((last, first)) = name.split_once(',') {
        let both = (first.trim().to_owned(), last.trim().to_owned());
        return (!both.0.is_empty() && !both.1.is_empty()).then_some(both);
    }
    let words: Vec<&str> = name.split_whitespace().collect();
    match words.as_slice() {
        [first, .., last] => Some(((*first).to_owned(), (*last).to_owned())),
        _ => None,
    }
}

/// Words that logins and addresses are made of, with how they were made.
fn words(member: &Member) -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    let mut pairs: Vec<(String, String)> = Vec::new();
    for name in member
        .entries
        .iter()
        .filter_map(|entry| entry.name.as_deref())
    {
        if let Some((first, last)) = halves(name) {
            pairs.extend(plain(&first).into_iter().zip(plain(&last)));
        }
    }
    for identity in &member.identities {
        let local = match identity.is_email() {
            true => identity.value.trim().split('@').next().unwrap_or_default(),
            // A long text is no login.
            false if identity.value.len() > 40 => continue,
            false => identity.value.trim(),
        };
        let local = local.split('+').next().unwrap_or_default().to_lowercase();
        let parts: Vec<&str> = local
            .split(['.', '_', '-'])
            .filter(|part| !part.is_empty())
            .collect();
        if let [first, .., last] = parts.as_slice() {
            pairs.push(((*first).to_owned(), (*last).to_owned()));
        }
        if !local.is_empty() && !local.contains(char::is_whitespace) {
            all.push(("the same word", local));
        }
    }
    for (first, last) in pairs {
        all.extend(patterns(&first, &last));
    }
    all
}

fn patterns(first: &str, last: &str) -> Vec<(&'static str, String)> {
    let (Some(f), Some(l)) = (first.chars().next(), last.chars().next()) else {
        return Vec::new();
    };
    vec![
        ("first.last", format!("{first}.{last}")),
        ("first_last", format!("{first}_{last}")),
        ("first-last", format!("{first}-{last}")),
        ("firstlast", format!("{first}{last}")),
        ("f.last", format!("{f}.{last}")),
        ("flast", format!("{f}{last}")),
        ("firstl", format!("{first}{l}")),
        ("first.l", format!("{first}.{l}")),
        ("last.first", format!("{last}.{first}")),
        ("lastfirst", format!("{last}{first}")),
        ("lastf", format!("{last}{f}")),
    ]
}

/// A name in the letters that logins have: without marks, and as Germans write them out.
fn plain(name: &str) -> Vec<String> {
    let lower = name.to_lowercase();
    let without: String = lower.nfd().filter(|c| !is_mark(*c)).map(letter).collect();
    let spelled: String = lower
        .nfc()
        .map(|c| match c {
            'ä' => "ae".to_owned(),
            'ö' => "oe".to_owned(),
            'ü' => "ue".to_owned(),
            other => other.nfd().filter(|c| !is_mark(*c)).map(letter).collect(),
        })
        .collect();
    // Always two, so that first and last names are spelled alike.
    [without, spelled]
        .into_iter()
        .map(|word| word.chars().filter(|c| c.is_alphanumeric()).collect())
        .collect()
}

fn letter(c: char) -> String {
    match c {
        'ß' => "ss".to_owned(),
        'ø' => "o".to_owned(),
        'æ' => "ae".to_owned(),
        'ł' => "l".to_owned(),
        'đ' => "d".to_owned(),
        other => other.to_string(),
    }
}

fn is_mark(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}
