//! The header of a commit, read leniently: old tools and mail imports left out brackets, moved lines
//! or wrote times in words, and git itself reads on.

use gix::ObjectId;

/// What the walk needs of a header.
pub(super) struct Header<'a> {
    commit: &'a [u8],
    author: &'a [u8],
    committer: &'a [u8],
}

impl<'a> Header<'a> {
    /// Finds the lines of author and committer, wherever in the header they stand.
    pub(super) fn read(commit: &'a [u8]) -> Header<'a> {
        let mut header = Header {
            commit,
            author: b"",
            committer: b"",
        };
        for line in commit.split(|byte| *byte == b'\n') {
            if line.is_empty() {
                break;
            }
            if let Some(author) = line.strip_prefix(b"author ") {
                header.author = author;
            } else if let Some(committer) = line.strip_prefix(b"committer ") {
                header.committer = committer;
            }
        }
        header
    }

    /// The parents, the first first.
    pub(super) fn parents(&self) -> impl Iterator<Item = ObjectId> + use<'a> {
        let lines = self.commit.split(|byte| *byte == b'\n');
        lines
            .take_while(|line| !line.is_empty())
            .filter_map(|line| ObjectId::from_hex(line.strip_prefix(b"parent ")?).ok())
    }

    /// The author's name and address; without brackets the address is the word with an `@`.
    pub(super) fn author(&self) -> (&'a [u8], &'a [u8]) {
        let line = self.author;
        if let Some(open) = memchr::memchr(b'<', line) {
            let rest = &line[open + 1..];
            let close = memchr::memchr(b'>', rest).unwrap_or(rest.len());
            return (line[..open].trim_ascii(), rest[..close].trim_ascii());
        }
        let Some(at) = memchr::memchr(b'@', line) else {
            return (line.trim_ascii(), b"");
        };
        let start = memchr::memrchr(b' ', &line[..at]).map_or(0, |space| space + 1);
        let end = memchr::memchr(b' ', &line[at..]).map_or(line.len(), |space| at + space);
        (line[..start].trim_ascii(), &line[start..end])
    }

    /// When the change was made, seconds; else when it was committed.
    pub(super) fn authored(&self) -> Option<i64> {
        seconds(self.author).or_else(|| seconds(self.committer))
    }

    /// When it was committed, seconds; else when the change was made.
    pub(super) fn committed(&self) -> Option<i64> {
        seconds(self.committer).or_else(|| seconds(self.author))
    }
}

/// The first number after the address.
fn seconds(line: &[u8]) -> Option<i64> {
    let after = memchr::memrchr(b'>', line).map_or(0, |close| close + 1);
    let mut words = line[after..].split(u8::is_ascii_whitespace);
    let word = words.find(|word| {
        let digits = word.strip_prefix(b"-").unwrap_or(word);
        !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
    })?;
    let number: i128 = std::str::from_utf8(word).ok()?.parse().ok()?;
    // Commits may claim any time; the store has a last one.
    i64::try_from(number.clamp(i64::MIN.into(), i64::MAX.into())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_as_they_are_found() {
        for (lines, name, address, authored, committed) in [
            (
                "author A B <a@x> 17 +0000\ncommitter C <c@x> 18 +0000",
                "A B",
                "a@x",
                Some(17),
                Some(18),
            ),
            (
                "author A <a@x> 17\nencoding x\ncommitter C <c@x> 18 +0000",
                "A",
                "a@x",
                Some(17),
                Some(18),
            ),
            (
                "author A a@x 17 +0000\ncommitter C <c@x> 18 +0000",
                "A",
                "a@x",
                Some(17),
                Some(18),
            ),
            (
                "author  <> 17 +0000\ncommitter  <> 18 +0000",
                "",
                "",
                Some(17),
                Some(18),
            ),
            (
                "author A <a@x>> 17 +0000\ncommitter C <c@x> 18 +0000",
                "A",
                "a@x",
                Some(17),
                Some(18),
            ),
            (
                "author A <a@x> abc\ncommitter C <c@x> x 00:00:00",
                "A",
                "a@x",
                None,
                None,
            ),
            (
                "author A <a@x> abc\ncommitter C <c@x> 18 +0000",
                "A",
                "a@x",
                Some(18),
                Some(18),
            ),
            (
                "author A <a@x> -5 +0000\ncommitter C <c@x> 99999999999999999999 -7530",
                "A",
                "a@x",
                Some(-5),
                Some(i64::MAX),
            ),
            (
                "author A\n\ncommitter C <c@x> 18 +0000",
                "A",
                "",
                None,
                None,
            ),
            ("", "", "", None, None),
        ] {
            let text = format!("tree 0\n{lines}\n\nmessage");
            let header = Header::read(text.as_bytes());
            let (found, account) = header.author();
            assert_eq!(
                (found, account),
                (name.as_bytes(), address.as_bytes()),
                "{lines}"
            );
            assert_eq!(
                (header.authored(), header.committed()),
                (authored, committed),
                "{lines}"
            );
        }
    }
}
