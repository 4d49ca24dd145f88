//! `[digest]`, `[reviews]`, `[mail]` and `[[chat]]`: what goes out of the house when, and to whom.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::Value as Json;

use super::reader::Reader;
use super::secrets::password_in;

/// When the digest goes, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PostingConfig {
    /// The day of each month on which `readback serve` sends it; `None`: only who asks for it does.
    pub day: Option<u32>,
    /// From which hour of that day on, in the organisation's zone.
    pub hour: u32,
    /// What came of each review, by mail; `None`: only who asks for it sends it.
    pub reviews: Option<ReviewMail>,
    /// By mail.
    pub mail: Option<MailConfig>,
    /// To rooms of chats, in the order of the file.
    pub chats: Vec<ChatConfig>,
}

impl PostingConfig {
    /// Every value that is set, as [`super::Effective`] shows them: how many get it, and not who.
    pub(super) fn tell(&self, put: &mut impl FnMut(&str, Json)) {
        if let Some(day) = self.day {
            put("digest.day", day.into());
            put("digest.hour", self.hour.into());
        }
        if let Some(reviews) = &self.reviews {
            put("reviews.mail_after", reviews.after.into());
            put("reviews.mail_hour", reviews.hour.into());
            if !reviews.to.is_empty() {
                let told = format!("({} set)", reviews.to.len());
                put("reviews.mail_to", told.into());
            }
        }
        if let Some(mail) = &self.mail {
            put("mail.server", mail.server.as_str().into());
            put("mail.port", mail.port.into());
            put("mail.tls", mail.tls.name().into());
            if let Some((_, file)) = &mail.account {
                put("mail.user", "(set)".into());
                put("mail.password_file", file.to_string_lossy().into());
            }
            put("mail.from", "(set)".into());
            put("mail.to", format!("({} set)", mail.to.len()).into());
        }
        for (n, chat) in (1..).zip(&self.chats) {
            put(&format!("chat {n}.name"), chat.name.as_str().into());
            put(&format!("chat {n}.kind"), chat.kind.name().into());
        }
    }
}

/// When a mail tells what came of a review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewMail {
    /// How many days after it.
    pub after: u32,
    /// From which hour of that day on, in the organisation's zone.
    pub hour: u32,
    /// Who gets it in place of those who get the digest.
    pub to: Vec<String>,
}

/// A mail server, and who writes to whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailConfig {
    /// The server's name.
    pub server: String,
    /// Its port.
    pub port: u16,
    /// How the way there is encrypted.
    pub tls: MailTls,
    /// The account at the server and the file with its password.
    pub account: Option<(String, PathBuf)>,
    /// Who writes: an address, with a name if there is one.
    pub from: String,
    /// Who gets it.
    pub to: Vec<String>,
}

/// How the way to a mail server is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailTls {
    /// From the first byte on; port 465.
    Implicit,
    /// After a plain greeting, and never without; port 587.
    StartTls,
    /// Not at all: for a relay on this machine; port 25.
    None,
}

impl MailTls {
    /// Every way.
    const ALL: [MailTls; 3] = [MailTls::Implicit, MailTls::StartTls, MailTls::None];

    /// Its name in files.
    pub const fn name(self) -> &'static str {
        match self {
            MailTls::Implicit => "implicit",
            MailTls::StartTls => "starttls",
            MailTls::None => "none",
        }
    }

    const fn port(self) -> u16 {
        match self {
            MailTls::Implicit => 465,
            MailTls::StartTls => 587,
            MailTls::None => 25,
        }
    }
}

/// A room of a chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatConfig {
    /// Its name here.
    pub name: String,
    /// Which chat it is.
    pub kind: ChatKind,
    /// The file with the address of its incoming webhook: who knows that can write there.
    pub url_file: PathBuf,
    /// A template that makes the message, in place of the kind's own.
    pub template: Option<PathBuf>,
}

/// Chats whose messages are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChatKind {
    /// Slack's incoming webhooks.
    Slack,
    /// Workflows of Microsoft Teams, which take an adaptive card.
    Teams,
    /// Mattermost's incoming webhooks.
    Mattermost,
}

impl ChatKind {
    /// Every chat.
    pub const ALL: [ChatKind; 3] = [ChatKind::Slack, ChatKind::Teams, ChatKind::Mattermost];

    /// Its name in files.
    pub const fn name(self) -> &'static str {
        match self {
            ChatKind::Slack => "slack",
            ChatKind::Teams => "teams",
            ChatKind::Mattermost => "mattermost",
        }
    }
}

/// The latest day that every month has.
const LAST_DAY: u32 = 28;

/// Reads `[digest]`: the day and the hour.
pub(super) fn digest(reader: &mut Reader<'_>) -> (Option<u32>, u32) {
    let (mut day, mut hour) = (0, 9);
    reader.whole("day", 0, LAST_DAY, &mut day);
    reader.whole("hour", 0, 23, &mut hour);
    reader.finish();
    ((day > 0).then_some(day), hour)
}

/// The most days after a review: by then its contributions are long counted.
const MOST_DAYS: u32 = 90;

/// Reads `[reviews]`; nothing where the section sets no day. `has_mail`: there is a way to send it.
pub(super) fn reviews(reader: &mut Reader<'_>, has_mail: bool) -> Option<ReviewMail> {
    let (mut after, mut hour) = (0, 9);
    reader.whole("mail_after", 0, MOST_DAYS, &mut after);
    let timed = reader.whole("mail_hour", 0, 23, &mut hour);
    let to = reader.each(
        "mail_to",
        "an address such as reviews@example.org",
        |text| text.contains('@').then(|| text.to_owned()),
    );
    let asked = after > 0 || timed || !to.is_empty();
    reader.finish();
    if asked && after == 0 && !reader.was_given("mail_after") {
        let reason = "is missing; valid are days after a review, such as 14";
        reader.problem("mail_after", reason.to_owned());
    }
    if after > 0 && !has_mail {
        let reason = "there is no [mail] to send it; `readback digest --help` shows that section";
        reader.problem("mail_after", reason.to_owned());
    }
    (after > 0).then_some(ReviewMail { after, hour, to })
}

/// Reads `[mail]`; nothing where the section is missing.
pub(super) fn mail(reader: &mut Reader<'_>) -> Option<MailConfig> {
    let server = reader.text("server");
    let valid = "\"implicit\", \"starttls\" or \"none\"";
    let tls = reader.parsed("tls", valid, |text| {
        MailTls::ALL.into_iter().find(|tls| tls.name() == text)
    });
    let tls = tls.unwrap_or(MailTls::StartTls);
    let mut port = u32::from(tls.port());
    reader.whole("port", 1, 65_535, &mut port);
    let account = reader.text("user");
    let password_file = reader.text("password_file");
    let valid = "an address such as \"Readback <readback@example.org>\"";
    let from = reader.parsed("from", valid, |text| {
        text.contains('@').then(|| text.to_owned())
    });
    let to = reader.each("to", "an address such as leads@example.org", |text| {
        text.contains('@').then(|| text.to_owned())
    });
    let given = [&server, &account, &password_file, &from];
    let any = given.into_iter().any(Option::is_some) || !to.is_empty();
    reader.finish();
    if !any {
        return None;
    }
    if server.is_none() && !reader.was_given("server") {
        let reason = "is missing; valid is one such as \"mail.example.org\"";
        reader.problem("server", reason.to_owned());
    }
    if from.is_none() && !reader.was_given("from") {
        let reason = "is missing; valid is one such as \"Readback <readback@example.org>\"";
        reader.problem("from", reason.to_owned());
    }
    if to.is_empty() && !reader.was_given("to") {
        reader.problem("to", "is missing; valid is a list of addresses".to_owned());
    }
    let account = match (account, password_file) {
        (Some(account), Some(file)) => {
            if let Err(problem) = password_in(&file) {
                reader.problem("password_file", problem);
            }
            if tls == MailTls::None {
                let reason = "\"none\" would send the password for everybody to read; valid with an \
                              account are \"implicit\" and \"starttls\"";
                reader.problem("tls", reason.to_owned());
            }
            Some((account, PathBuf::from(file)))
        }
        (None, None) => None,
        (Some(_), None) => {
            reader.problem("password_file", "is missing beside user".to_owned());
            None
        }
        (None, Some(_)) => {
            reader.problem("user", "is missing beside password_file".to_owned());
            None
        }
    };
    Some(MailConfig {
        server: server?,
        port: u16::try_from(port).ok()?,
        tls,
        account,
        from: from?,
        to,
    })
}

/// Reads the sections `[[chat]]`.
pub(super) fn chats(tables: Vec<toml::Table>, problems: &mut Vec<String>) -> Vec<ChatConfig> {
    let mut found: Vec<ChatConfig> = Vec::new();
    let mut names = BTreeSet::new();
    for (n, table) in (1..).zip(tables) {
        let section = format!("chat {n}");
        let mut reader = Reader::new(&section, table, problems);
        let kind = reader.parsed("kind", "\"slack\", \"teams\" or \"mattermost\"", |text| {
            ChatKind::ALL.into_iter().find(|kind| kind.name() == text)
        });
        if kind.is_none() && !reader.was_given("kind") {
            let reason = "is missing; valid are \"slack\", \"teams\" and \"mattermost\"";
            reader.problem("kind", reason.to_owned());
        }
        let name = reader.parsed("name", "a name such as \"leads\"", |text| {
            (!text.trim().is_empty() && !text.contains('@')).then(|| text.trim().to_owned())
        });
        let url_file = reader.text("url_file");
        match &url_file {
            None => reader.problem(
                "url_file",
                "is missing; valid is a file with the address of the room's incoming webhook"
                    .to_owned(),
            ),
            Some(file) => {
                if let Err(problem) = password_in(file) {
                    // Its words are those of a password.
                    let problem = problem.replace("a password", "an address");
                    reader.problem("url_file", problem);
                }
            }
        }
        let template = reader.text("template").map(PathBuf::from);
        if let Some(path) = &template
            && let Err(error) = std::fs::read_to_string(path)
        {
            reader.problem("template", format!("{path:?} can't be read: {error}"));
        }
        reader.finish();
        let name = name.unwrap_or_else(|| {
            let kind = kind.map_or("chat", ChatKind::name);
            match n {
                1 => kind.to_owned(),
                n => format!("{kind} {n}"),
            }
        });
        if !names.insert(name.clone()) {
            problems.push(format!("{section}: the name {name:?} is given twice"));
        }
        if let (Some(kind), Some(url_file)) = (kind, url_file) {
            found.push(ChatConfig {
                name,
                kind,
                url_file: PathBuf::from(url_file),
                template,
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail_of(text: &str) -> (Option<MailConfig>, Vec<String>) {
        let mut problems = Vec::new();
        let table = text.parse().unwrap();
        let mail = mail(&mut Reader::new("mail", table, &mut problems));
        (mail, problems)
    }

    #[test]
    fn nothing_said_is_no_mail() {
        assert_eq!(mail_of(""), (None, Vec::new()));
    }

    #[test]
    fn a_mail_server_has_the_port_of_its_way() {
        let text =
            "server = \"mail.example.org\"\nfrom = \"r@example.org\"\nto = [\"l@example.org\"]";
        for (more, port) in [
            ("", 587),
            ("tls = \"implicit\"", 465),
            ("port = 2525", 2525),
        ] {
            let (mail, problems) = mail_of(&format!("{text}\n{more}"));
            assert!(problems.is_empty(), "{problems:?}");
            assert_eq!(mail.map(|mail| mail.port), Some(port), "{more}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_at_once() {
        let (_, problems) = mail_of("user = \"r\"\ntls = \"ssl\"\nto = [\"leads\"]");
        insta::assert_snapshot!(problems.join("\n"));
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "secret").unwrap();
        let whole = format!(
            "server = \"m\"\nfrom = \"r@example.org\"\nto = [\"l@example.org\"]\ntls = \"none\"\n\
             user = \"r\"\npassword_file = {:?}",
            file.path()
        );
        let (_, problems) = mail_of(&whole);
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(
            problems[0].starts_with("mail.tls: \"none\" would send"),
            "{problems:?}"
        );
    }

    fn reviews_of(text: &str, has_mail: bool) -> (Option<ReviewMail>, Vec<String>) {
        let mut problems = Vec::new();
        let table = text.parse().unwrap();
        let found = reviews(&mut Reader::new("reviews", table, &mut problems), has_mail);
        (found, problems)
    }

    #[test]
    fn reviews_are_mailed_where_a_day_is_set() {
        assert_eq!(reviews_of("", false), (None, Vec::new()));
        assert_eq!(reviews_of("mail_after = 0", false), (None, Vec::new()));
        let expected = ReviewMail {
            after: 14,
            hour: 9,
            to: vec!["r@example.org".to_owned()],
        };
        let found = reviews_of("mail_after = 14\nmail_to = [\"r@example.org\"]", true);
        assert_eq!(found, (Some(expected), Vec::new()));
        let wrong = [
            ("mail_after = 91", "is not a whole number from 0 to 90"),
            ("mail_hour = 8", "mail_after: is missing"),
            ("mail_after = 14", "there is no [mail] to send it"),
        ];
        for (text, words) in wrong {
            let (_, problems) = reviews_of(text, false);
            assert!(
                problems.iter().any(|problem| problem.contains(words)),
                "{text}: {problems:?}"
            );
        }
    }

    #[test]
    fn chats_are_checked_one_by_one() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "https://chat.example.org/hook\n").unwrap();
        let table = |text: &str| text.parse::<toml::Table>().unwrap();
        let good = format!("kind = \"slack\"\nurl_file = {:?}", file.path());
        let mut problems = Vec::new();
        let found = chats(
            vec![
                table(&good),
                table("kind = \"irc\"\nurl_file = \"/nowhere\"\ncolour = 1"),
                table(&good),
                table(&format!("{good}\nname = \"slack\"")),
            ],
            &mut problems,
        );
        let names: Vec<&str> = found.iter().map(|chat| chat.name.as_str()).collect();
        assert_eq!(names, ["slack", "slack 3", "slack"]);
        insta::assert_snapshot!(problems.join("\n"));
    }
}
