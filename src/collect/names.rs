//! Recognises names of people in texts that are for something else, and takes them out; where that
//! can't be done, the event is refused.

use std::borrow::Cow;

use super::Rejection;
use super::by_hand::lost_annotation;
use crate::model::target::{canonical, nameless, names_somebody, without_user};
use crate::model::written::as_written;
use crate::model::{Body, Event, Identity, Whom, meeting};
use crate::sources::machine::{AT, holds_address, holds_mail};

fn rejection(field: &'static str, reason: &str) -> Option<Rejection> {
    let reason = reason.to_owned();
    Some(Rejection { field, reason })
}

/// Somebody's name in the name of a source. It can't be left out: two sources would be one.
/// The name of a connector has no need of what mail addresses hold.
pub(super) fn named_after_somebody(source: &str) -> Option<Rejection> {
    if let Cow::Owned(_) = without_user(source) {
        return rejection("source", "holds a user name; leave it out");
    }
    let reason =
        "holds what is written in mail addresses and handles; it names the connector, not a person";
    match is_mail(source) || holds_mail(source) {
        true => rejection("source", reason),
        false => None,
    }
}

/// Somebody's name where it can't be left out, because what is left would name nothing. `known` where the
/// subject was found to be none before.
pub(super) fn misplaced(event: &Event<Identity>, known: bool) -> Option<Rejection> {
    // The subject of a roster entry is the person.
    if !known && !matches!(event.body, Body::Person(_)) && is_mail(&event.subject) {
        return rejection("subject", "is a mail address; it names a write-up");
    }
    match &event.body {
        Body::Writeup(writeup) if is_mail(&writeup.id) => {
            rejection("data.id", "is a mail address; it names a write-up")
        }
        Body::Coverage(coverage) if is_mail(&coverage.scope) => {
            let reason = "is a mail address; it names a source, or the beginning of targets";
            rejection("data.scope", reason)
        }
        // It can't be left out: two rounds would be one.
        Body::Story(story) if holds_address(&story.round) => {
            let reason =
                "holds an address of mail or of a machine; valid is a round such as 2026-H2";
            rejection("data.round", reason)
        }
        // Half a sentence would say something else.
        Body::Annotation(annotation) => {
            lost_annotation(annotation).and_then(|lost| rejection("data.text", &lost.reason))
        }
        _ => None,
    }
}

/// Names hide in fields that are not for them: the user of an address, a mail address for a team, a
/// calendar's own words for a role or an answer. They are not stored.
///
/// The subject's own turn comes with its canonical spelling ([`forget_subject`]).
pub(super) fn forget_names(event: &mut Event<Identity>) {
    match &mut event.body {
        Body::Read(read) => {
            impersonal(&mut read.team);
            impersonal(&mut read.arrival);
            // That it was an agent stays: its read is nobody's.
            if let Some(agent) = read.agent.as_mut().filter(|agent| holds_address(agent)) {
                *agent = UNNAMED.to_owned();
            }
        }
        Body::Attendance(a) => {
            impersonal(&mut a.team);
            a.role = a.role.take().map(|word| meeting::role(&word).to_owned());
            a.partstat = a
                .partstat
                .take()
                .map(|word| meeting::answer(&word).to_owned());
        }
        Body::Comment(comment) => impersonal(&mut comment.team),
        Body::Edit(edit) => impersonal(&mut edit.team),
        Body::Link(link) => {
            impersonal(&mut link.team);
            link.stands_in.iter_mut().for_each(anonymous);
            link.stands_in.iter_mut().for_each(forget_handle);
            link.stands_in.take_if(|place| place.is_empty());
        }
        Body::Writeup(w) => {
            anonymous(&mut w.id);
            w.title.iter_mut().for_each(title);
            w.title.take_if(|title| title.is_empty());
            w.url.take_if(|url| is_mail(url));
            w.aliases.retain(|alias| !is_mail(alias));
            w.url.iter_mut().chain(&mut w.aliases).for_each(anonymous);
            // Without the name it leads nowhere, and still tells whose reads are this write-up's.
            let nowhere = w.url.take_if(|url| names_somebody("", url));
            w.aliases.extend(nowhere);
            w.dated_aliases.retain(|dated| !is_mail(&dated.alias));
            w.dated_aliases
                .iter_mut()
                .for_each(|dated| anonymous(&mut dated.alias));
            w.merged_into.take_if(|id| is_mail(id));
            w.merged_into.iter_mut().for_each(anonymous);
            impersonal(&mut w.owner_team);
            impersonal(&mut w.template);
            w.contributor_teams.retain(|team| !holds_address(team));
            w.tags.retain(|tag| !holds_address(tag));
            if let Some(assignments) = &mut w.assignments {
                assignments
                    .retain(|one| !matches!(&one.whom, Whom::Team(team) if holds_address(team)));
            }
        }
        Body::Person(person) => impersonal(&mut person.team),
        Body::Coverage(coverage) => anonymous(&mut coverage.scope),
        Body::Story(story) => {
            story.label.iter_mut().for_each(title);
            story.label.take_if(|label| label.is_empty());
        }
        Body::ReadCount(_) | Body::Meeting(_) | Body::Annotation(_) => {}
    }
}

/// A title as it is kept. First what nobody sees goes: it may stand in the middle of an address.
fn title(title: &mut String) {
    as_written(title);
    forget_mail(title);
}

/// What stands for the name of an agent that names somebody.
const UNNAMED: &str = "unnamed";

/// A word for a group or a class that holds the address of mail or of a machine is somebody's name
/// in the wrong field.
fn impersonal(word: &mut Option<String>) {
    word.take_if(|word| holds_address(word));
}

/// The canonical spelling of what an event is about. The subject stays as it was written, unless it
/// names somebody.
pub(super) fn forget_subject(subject: &mut String) -> String {
    if let Cow::Owned(without) = without_user(subject) {
        *subject = without;
    }
    let spelled = canonical(subject);
    let is_address = spelled.starts_with("https://");
    if !is_address && (holds_mail(subject) || subject.contains(['/', '\\'])) {
        anonymous(subject);
        return canonical(subject).into_owned();
    }
    let spelled = spelled.into_owned();
    if is_address && names_somebody(subject, &spelled) {
        subject.clone_from(&spelled);
    }
    spelled
}

fn anonymous(address: &mut String) {
    if let Cow::Owned(without) = without_user(address) {
        *address = without;
    }
    if let Cow::Owned(nameless) = nameless(address) {
        *address = nameless;
    }
}

/// Addresses of these kinds are somebody's, whatever follows.
const PERSONAL: [&str; 6] = ["mailto:", "acct:", "sip:", "sips:", "xmpp:", "im:"];

/// Whether a text is the mail address of somebody, or several, in any of its spellings:
/// `ada@example.org`, `mailto:ada@example.org`, `Ada <ada@example.org>`, `acct:ada@example.org`. What
/// has a colon or a slash is an address of something, a file for instance.
pub(super) fn is_mail(text: &str) -> bool {
    // Nearly every text: nothing to look for.
    let may = |byte: u8| matches!(byte, b'@' | b'%' | b':' | 0xef);
    if !text.bytes().fold(false, |found, byte| found | may(byte)) {
        return false;
    }
    text.split(between_words).any(|word| {
        let is_personal = PERSONAL.iter().any(|scheme| {
            let start = word.get(..scheme.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(scheme))
        });
        is_personal || is_address(word)
    })
}

fn between_words(c: char) -> bool {
    c.is_whitespace() || "<>,;()\"'".contains(c)
}

/// Whether a word is a mail address, perhaps with a slash or a question behind it.
fn is_address(word: &str) -> bool {
    if !holds_mail(word) {
        return false;
    }
    let plain = AT
        .iter()
        .fold(word.to_owned(), |text, at| text.replace(at, "@"));
    let plain = plain.split('?').next().unwrap_or_default();
    let plain = plain.trim_end_matches('/');
    !plain.contains(':') && Identity::bare(plain).is_email()
}

/// Takes mail addresses out of a text that people read.
pub(super) fn forget_mail(text: &mut String) {
    if !holds_mail(text) {
        return;
    }
    let words = text.split_inclusive(between_words).map(|word| {
        let name = word.trim_end_matches(between_words);
        match is_mail(name) {
            true => format!("\u{2026}{}", &word[name.len()..]),
            false => word.to_owned(),
        }
    });
    *text = words.collect();
}

/// Takes handles and mail addresses out of the name of a place, `slack:@ada` for instance. Web
/// addresses stay as they are: there `@` belongs to the page; so does `repo@commit:path`.
fn forget_handle(place: &mut String) {
    if !holds_mail(place) || place.contains("://") || is_in_repository(place) {
        return;
    }
    let apart = |c: char| c.is_whitespace() || ":/,;<>()#".contains(c);
    *place = place
        .split_inclusive(apart)
        .map(|word| match word.chars().next_back() {
            _ if !holds_mail(word) => word,
            Some(end) if apart(end) => &word[word.len() - end.len_utf8()..],
            _ => "",
        })
        .collect();
}

/// `shop@1f2e3d4`, `shop@main:src/a.rs#L3`: a commit, or a file at a commit or branch. A host has a
/// dot.
fn is_in_repository(place: &str) -> bool {
    let Some((repository, rest)) = place.split_once('@') else {
        return false;
    };
    let (commit, path) = match rest.split_once(':') {
        Some((commit, path)) => (commit, Some(path)),
        None => (rest, None),
    };
    let hexadecimal = commit.len() >= 4 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    let named = |byte: u8| byte.is_ascii_alphanumeric() || b"-_/".contains(&byte);
    let branch = path.is_some_and(|path| !path.is_empty()) && commit.bytes().all(named);
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    !repository.is_empty() && repository.chars().all(is_name) && (hexadecimal || branch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_address_is_told_from_what_only_holds_one() {
        for text in [
            "ada@example.org",
            " ADA@example.org ",
            "mailto:ada@example.org?subject=x",
            "MailTo:ada",
            "ada\u{ff20}example.org",
            "ada%40example.org",
            "Ada Example <ada@example.org>",
            "<mailto:ada@example.org>",
            "acct:ada@example.org",
            "SIP:ada@example.org",
            "ada@example.org?subject=x",
            "ada@example.org/",
            "by ada@example.org, b@example.org",
            "ada\u{fe6b}example.org",
            "ada%2540example.org",
        ] {
            assert!(is_mail(text), "{text}");
        }
        for text in [
            "",
            "ada",
            "@ada",
            "INC-9",
            "https://ada@wiki.example.org/a",
            "https://social.example.org/@sre/1",
            "shop:docs@2.md",
            "docs/a@b.md",
            "urn:uuid:1",
            "<b>",
        ] {
            assert!(!is_mail(text), "{text}");
        }
    }

    #[test]
    fn a_title_names_no_address() {
        for (title, expected) in [
            ("Queue overflow @ noon", "Queue overflow @ noon"),
            (
                "by ada@example.org (mailto:b), late",
                "by \u{2026} (\u{2026}), late",
            ),
            ("docs/a@b.md", "docs/a@b.md"),
        ] {
            let mut text = title.to_owned();
            forget_mail(&mut text);
            assert_eq!(text, expected, "{title}");
        }
    }

    #[test]
    fn a_place_names_nobody() {
        for (place, expected) in [
            ("slack:@ada", "slack:"),
            ("slack:\u{ff20}ada/7", "slack:/7"),
            ("slack:%40ada/7", "slack:/7"),
            ("slack:@ada/p1700000000", "slack:/p1700000000"),
            ("ada@example.org", ""),
            ("list <ada@example.org>, 7", "list <>, 7"),
            (
                "handbook@1f2e:docs/@ada.md#L3",
                "handbook@1f2e:docs/@ada.md#L3",
            ),
            ("shop@01a2b3c", "shop@01a2b3c"),
            ("shop@main:src/cart.rs#L3", "shop@main:src/cart.rs#L3"),
            (
                "https://social.example.org/@sre/1",
                "https://social.example.org/@sre/1",
            ),
            ("slack:C024/17", "slack:C024/17"),
        ] {
            let mut text = place.to_owned();
            forget_handle(&mut text);
            assert_eq!(text, expected, "{place}");
        }
    }
}
