//! What a request asks for, told from its text: an insert with data (where the data begins and in
//! which format), a `SELECT` whose result can be streamed, or anything else.
//!
//! The engine parses the text itself; this reader only has to be right about where an insert's data
//! begins, since data must go through the streaming call (given inline it is cut without an error),
//! and about the format of a result. It works on bytes, because a body can begin as text and go on
//! as RowBinary, and on a beginning of the text, because a body comes in pieces.

use super::words::{Token, Words};

/// What a text is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Statement {
    /// Takes data. `head` bytes of the text go to the engine; the data begins at `data`.
    Insert {
        head: usize,
        format: String,
        data: usize,
    },
    /// Reads. `format` as the text names it; `whole` when the result cannot be sent in pieces.
    Select { format: Option<String>, whole: bool },
    /// Everything else: definitions, settings, `INSERT … SELECT`.
    Other,
}

/// Reads a text. `None` when it is only a beginning and more is needed to tell; only an insert can
/// be told from its beginning. With `complete` there is always an answer.
pub(super) fn read(text: &[u8], complete: bool) -> Option<Statement> {
    let mut words = Words::new(text, complete);
    match words.next() {
        Token::Unfinished => None,
        Token::Word(word) if is(word, "INSERT") => insert(words, complete),
        _ if !complete => None,
        Token::Word(word) if is(word, "SELECT") || is(word, "WITH") || is(word, "FROM") => {
            Some(select(words))
        }
        Token::Sign(b'(') => Some(select(Words::new(text, true))),
        _ => Some(Statement::Other),
    }
}

/// Whether a text sends its result into a file of the engine's machine.
pub(super) fn writes_file(text: &[u8]) -> bool {
    let mut words = Words::new(text, true);
    let mut after_into = false;
    loop {
        let token = words.next();
        match token {
            Token::End | Token::Unfinished => return false,
            Token::Word(word) if after_into && is(word, "OUTFILE") => return true,
            _ => {}
        }
        after_into = matches!(token, Token::Word(word) if is(word, "INTO"));
    }
}

/// Whether a text that is no [`Statement::Insert`] brings data along all the same, which only the
/// streaming call stores whole: for `input(…)` in its query, or after a `WITH` in front.
pub(super) fn brings_data(text: &[u8]) -> bool {
    let mut words = Words::new(text, true);
    let mut inserts = false;
    let mut queries = false;
    let mut depth = 0_usize;
    let mut after_input = false;
    loop {
        let token = words.next();
        match token {
            Token::End | Token::Unfinished => return false,
            Token::Sign(b'(') if inserts && after_input => return true,
            Token::Sign(b'(') => depth += 1,
            Token::Sign(b')') => depth = depth.saturating_sub(1),
            // These store nothing now.
            Token::Word(word) if is(word, "EXPLAIN") || is(word, "CREATE") => return false,
            Token::Word(word) if depth == 0 && is(word, "INSERT") => inserts = true,
            // What `FORMAT` says from here on is of a result, or of a file that the text names.
            Token::Word(word) if is(word, "SELECT") || is(word, "INFILE") => queries |= inserts,
            Token::Word(word)
                if inserts
                    && !queries
                    && depth == 0
                    && (is(word, "FORMAT") || is(word, "VALUES")) =>
            {
                return true;
            }
            _ => {}
        }
        after_input = matches!(token, Token::Word(word) if is(word, "INPUT"));
    }
}

/// Whether a text only has an effect on what follows in its session.
pub(super) fn is_for_session(text: &[u8]) -> bool {
    let mut words = Words::new(text, true);
    match words.next() {
        Token::Word(word) if is(word, "SET") || is(word, "USE") => true,
        Token::Word(word) if is(word, "CREATE") => {
            let mut word = words.next();
            while matches!(word, Token::Word(word) if is(word, "OR") || is(word, "REPLACE")) {
                word = words.next();
            }
            matches!(word, Token::Word(word) if is(word, "TEMPORARY"))
        }
        _ => false,
    }
}

/// `INSERT [INTO] [TABLE] target [(columns)] [SETTINGS …] (FORMAT name | VALUES) data`.
fn insert(mut words: Words<'_>, complete: bool) -> Option<Statement> {
    let mut token = words.next();
    if matches!(token, Token::Word(word) if is(word, "INTO")) {
        token = words.next();
    }
    if matches!(token, Token::Word(word) if is(word, "TABLE")) {
        token = words.next();
    }
    // The target itself may be called `format`; a function's arguments are skipped as parentheses.
    if matches!(token, Token::Word(word) if is(word, "FUNCTION")) {
        token = words.next();
    }
    let mut depth = 0_usize;
    let mut after_open = false;
    let mut is_name = true;
    loop {
        match token {
            Token::Unfinished => return None,
            Token::End => break,
            Token::Sign(b'(') => depth += 1,
            Token::Sign(b')') => depth = depth.saturating_sub(1),
            Token::Word(word) if !is_name && (depth == 0 || (depth == 1 && after_open)) => {
                if is(word, "SELECT") || is(word, "WITH") {
                    if depth == 0 {
                        return Some(Statement::Other);
                    }
                    // `(with, a)` names columns, `(WITH 1 AS a …)` is a query.
                    after_open = false;
                    token = words.next();
                    match token {
                        Token::Sign(b',' | b')' | b'.') => continue,
                        Token::Unfinished => return None,
                        _ => return Some(Statement::Other),
                    }
                }
                if depth == 0 && (is(word, "FROM") || is(word, "WATCH")) {
                    return Some(Statement::Other);
                }
                if depth == 0 && is(word, "VALUES") {
                    let head = words.start();
                    return Some(Statement::Insert {
                        head,
                        format: "Values".to_owned(),
                        data: words.position(),
                    });
                }
                if depth == 0 && is(word, "FORMAT") {
                    let head = words.start();
                    return format_and_data(words, head, complete);
                }
            }
            _ => {}
        }
        after_open = matches!(token, Token::Sign(b'('));
        // `database . table`: what follows a full stop is a name as well.
        is_name = matches!(token, Token::Sign(b'.'));
        token = words.next();
    }
    // No format named: the data is `Values`, and all of it is in what follows the text.
    let end = words.position();
    complete.then(|| Statement::Insert {
        head: end,
        format: "Values".to_owned(),
        data: end,
    })
}

/// The name after `FORMAT`, and where the data begins: after spaces and at most one line end.
fn format_and_data(mut words: Words<'_>, head: usize, complete: bool) -> Option<Statement> {
    let format = match words.next() {
        Token::Unfinished => return None,
        Token::Word(name) => String::from_utf8_lossy(name).into_owned(),
        _ => return complete.then_some(Statement::Other),
    };
    if format.eq_ignore_ascii_case("Values") {
        return Some(Statement::Insert {
            head,
            format,
            data: words.position(),
        });
    }
    let (text, mut data) = (words.text(), words.position());
    while matches!(text.get(data), Some(b' ' | b'\t' | b'\x0c')) {
        data += 1;
    }
    if text.get(data) == Some(&b'\r') {
        data += 1;
    }
    match text.get(data) {
        Some(b'\n') => data += 1,
        Some(_) => {}
        None if complete => {}
        None => return None,
    }
    Some(Statement::Insert { head, format, data })
}

/// The format that the text ends with, and whether something in it forbids pieces.
fn select(mut words: Words<'_>) -> Statement {
    let mut depth = 0_usize;
    let mut whole = false;
    // `FORMAT name` counts when the text ends there or only settings follow.
    let mut after_format = false;
    let mut format: Option<String> = None;
    loop {
        match words.next() {
            Token::End | Token::Unfinished => break,
            Token::Sign(b'(') => depth += 1,
            Token::Sign(b')') => depth = depth.saturating_sub(1),
            Token::Sign(b';') => continue,
            Token::Word(word) => {
                // Totals and extremes follow the last chunk as a torn second output.
                whole |= is(word, "TOTALS") || is(word, "EXTREMES") || is(word, "OUTFILE");
                if depth == 0 {
                    if after_format {
                        format = Some(String::from_utf8_lossy(word).into_owned());
                        after_format = false;
                        continue;
                    }
                    if is(word, "FORMAT") {
                        // A second one: the first was a column or an alias.
                        after_format = true;
                        continue;
                    }
                    if is(word, "INSERT") {
                        return Statement::Other;
                    }
                    if is(word, "SETTINGS") {
                        continue;
                    }
                }
            }
            _ => {}
        }
        after_format = false;
    }
    Statement::Select { format, whole }
}

fn is(word: &[u8], keyword: &str) -> bool {
    word.eq_ignore_ascii_case(keyword.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn insert_of(text: &str) -> Option<(&str, String, &str)> {
        match read(text.as_bytes(), true) {
            Some(Statement::Insert { head, format, data }) => {
                Some((&text[..head], format, &text[data..]))
            }
            _ => None,
        }
    }

    #[test]
    fn inserts_are_split_where_their_data_begins() {
        let cases = [
            (
                "INSERT INTO t FORMAT CSV\n1,2\n",
                "INSERT INTO t ",
                "CSV",
                "1,2\n",
            ),
            (
                "insert into `a b`.t (x, `format`) format CSV 1,2",
                "insert into `a b`.t (x, `format`) ",
                "CSV",
                "1,2",
            ),
            (
                "/* FORMAT no */ INSERT -- VALUES\n INTO format FORMAT RowBinary\r\n\x00",
                "/* FORMAT no */ INSERT -- VALUES\n INTO format ",
                "RowBinary",
                "\x00",
            ),
            (
                "INSERT INTO t (a) VALUES (1),('FORMAT')",
                "INSERT INTO t (a) ",
                "Values",
                " (1),('FORMAT')",
            ),
            (
                "INSERT INTO d.values SETTINGS a='FORMAT X', async_insert=0 FORMAT Native",
                "INSERT INTO d.values SETTINGS a='FORMAT X', async_insert=0 ",
                "Native",
                "",
            ),
            ("INSERT INTO t (a)", "INSERT INTO t (a)", "Values", ""),
            (
                "INSERT INTO t (with, a) FORMAT RowBinary\n\x01",
                "INSERT INTO t (with, a) ",
                "RowBinary",
                "\x01",
            ),
            (
                "INSERT INTO t (select) VALUES (1)",
                "INSERT INTO t (select) ",
                "Values",
                " (1)",
            ),
            (
                "INSERT INTO TABLE FUNCTION file('x', 'CSV') VALUES (1)",
                "INSERT INTO TABLE FUNCTION file('x', 'CSV') ",
                "Values",
                " (1)",
            ),
        ];
        for (text, head, format, data) in cases {
            assert_eq!(
                insert_of(text),
                Some((head, format.to_owned(), data)),
                "{text}"
            );
        }
    }

    #[test]
    fn an_insert_without_data_is_not_split() {
        for text in [
            "INSERT INTO t SELECT 1",
            "INSERT INTO t (a, b) WITH x AS (SELECT 1) SELECT * FROM x",
            "INSERT INTO t (SELECT 1 AS a)",
            "WITH 1 AS x INSERT INTO t SELECT x",
            "INSERT INTO t FROM INFILE 'x' FORMAT CSV",
            "CREATE TABLE t (a UInt8) ENGINE = Memory",
            "EXPLAIN INSERT INTO t VALUES (1)",
        ] {
            assert_eq!(
                read(text.as_bytes(), true),
                Some(Statement::Other),
                "{text}"
            );
        }
    }

    #[test]
    fn data_behind_a_query_is_seen() {
        for text in [
            "INSERT INTO t SELECT a FROM input('a UInt8') FORMAT CSV\n1\n",
            "INSERT INTO t (a) SELECT * FROM (SELECT * FROM INPUT ('a UInt8')) FORMAT CSV 1",
            "WITH 1 AS x INSERT INTO t SELECT x FROM input('a UInt8')",
            "WITH (SELECT 1) AS x INSERT INTO t FORMAT CSV\n1\n",
            "WITH 1 AS x INSERT INTO t (a) VALUES (1)",
        ] {
            assert!(brings_data(text.as_bytes()), "{text}");
        }
        for text in [
            "INSERT INTO t SELECT 1",
            "INSERT INTO t SELECT input FROM u",
            "INSERT INTO t SELECT a FROM values('a UInt8', 1) FORMAT Null",
            "INSERT INTO t WITH 1 AS x SELECT format('{}', x)",
            "INSERT INTO t (SELECT CASE WHEN format THEN values END FROM u)",
            "INSERT INTO t FROM INFILE 'x' FORMAT CSV",
            "EXPLAIN INSERT INTO t FORMAT CSV 1",
            "CREATE TABLE t (input UInt8) ENGINE = Memory",
            "SELECT * FROM input('a UInt8')",
        ] {
            assert!(!brings_data(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn a_beginning_waits_until_it_can_tell() {
        let text = b"INSERT INTO t (a) FORMAT RowBinary\n\x01\x02";
        for end in 0..36 {
            let expected = end >= 35;
            assert_eq!(read(&text[..end], false).is_some(), expected, "{end}");
        }
        assert_eq!(read(b"SELECT 1", false), None);
        assert_eq!(
            read(b"INSERT INTO t VALUES ('it''s", false),
            read(b"INSERT INTO t VALUES (", false)
        );
    }

    #[test]
    fn the_format_of_a_result_is_found() {
        let cases = [
            ("SELECT 1", None, false),
            ("SELECT 1 FORMAT JSON", Some("JSON"), false),
            (
                "SELECT 1 FORMAT JSON SETTINGS max_threads = 1;",
                Some("JSON"),
                false,
            ),
            (
                "SELECT format, 'FORMAT CSV' -- FORMAT TSV\nFROM t",
                None,
                false,
            ),
            ("SELECT (SELECT 1 AS format)", None, false),
            (
                "(SELECT 1) UNION ALL SELECT 2 FORMAT CSV",
                Some("CSV"),
                false,
            ),
            ("SELECT sum(a) FROM t GROUP BY b WITH TOTALS", None, true),
            ("SELECT 1 SETTINGS extremes = 1", None, true),
        ];
        for (text, format, whole) in cases {
            let format = format.map(str::to_owned);
            assert_eq!(
                read(text.as_bytes(), true),
                Some(Statement::Select { format, whole }),
                "{text}"
            );
        }
    }
}
