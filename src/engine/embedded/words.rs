//! The words of ClickHouse's SQL: enough of its lexer to step over comments, strings and quoted
//! names, so that a `FORMAT` inside one of them is never taken for a keyword.

/// One token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// A bare word or a number.
    Word(&'a [u8]),
    /// A string or a quoted name.
    Quoted,
    /// Any other sign, one byte.
    Sign(u8),
    /// The text is over.
    End,
    /// The text stops where the token may go on.
    Unfinished,
}

/// Steps through a text.
pub(super) struct Words<'a> {
    text: &'a [u8],
    start: usize,
    at: usize,
    complete: bool,
}

impl<'a> Words<'a> {
    /// Starts at the beginning. Without `complete`, a token that touches the end is unfinished.
    pub(super) fn new(text: &'a [u8], complete: bool) -> Self {
        Self {
            text,
            start: 0,
            at: 0,
            complete,
        }
    }

    /// The whole text.
    pub(super) fn text(&self) -> &'a [u8] {
        self.text
    }

    /// Where the token read last begins.
    pub(super) fn start(&self) -> usize {
        self.start
    }

    /// Where the next token is looked for.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// The next token.
    pub(super) fn next(&mut self) -> Token<'a> {
        if !self.skip_blank() {
            return Token::Unfinished;
        }
        self.start = self.at;
        let Some(&first) = self.text.get(self.at) else {
            return self.over(Token::End);
        };
        match first {
            b'\'' | b'"' | b'`' => self.quoted(first),
            b'$' => self.dollar(),
            _ if is_word(first) => self.word(),
            sign => {
                self.at += 1;
                Token::Sign(sign)
            }
        }
    }

    fn over(&self, token: Token<'a>) -> Token<'a> {
        if self.complete {
            token
        } else {
            Token::Unfinished
        }
    }

    fn word(&mut self) -> Token<'a> {
        let from = self.at;
        while self.text.get(self.at).is_some_and(|byte| is_word(*byte)) {
            self.at += 1;
        }
        let word = Token::Word(&self.text[from..self.at]);
        if self.at == self.text.len() {
            return self.over(word);
        }
        word
    }

    /// A quote ends at the same sign, unless that is doubled or behind a backslash.
    fn quoted(&mut self, quote: u8) -> Token<'a> {
        self.at += 1;
        while let Some(&byte) = self.text.get(self.at) {
            self.at += 1;
            if byte == b'\\' {
                self.at += 1;
            } else if byte == quote {
                match self.text.get(self.at) {
                    Some(next) if *next == quote => self.at += 1,
                    Some(_) => return Token::Quoted,
                    None => return self.over(Token::Quoted),
                }
            }
        }
        self.at = self.text.len();
        self.over(Token::End)
    }

    /// `$tag$ … $tag$` is a string; any other dollar is a sign.
    fn dollar(&mut self) -> Token<'a> {
        let rest = &self.text[self.at..];
        let tag_end = rest[1..]
            .iter()
            .position(|byte| !is_word(*byte) || *byte == b'$');
        match tag_end.map(|end| (end, rest[1 + end])) {
            None => {
                self.at = self.text.len();
                self.over(Token::End)
            }
            Some((end, b'$')) => {
                let tag = &rest[..end + 2];
                match memchr::memmem::find(&rest[tag.len()..], tag) {
                    Some(close) => {
                        self.at += tag.len() + close + tag.len();
                        Token::Quoted
                    }
                    None => {
                        self.at = self.text.len();
                        self.over(Token::End)
                    }
                }
            }
            Some(_) => {
                self.at += 1;
                Token::Sign(b'$')
            }
        }
    }

    /// Steps over blanks and comments; false when one of them may go on after the text.
    fn skip_blank(&mut self) -> bool {
        loop {
            let rest = &self.text[self.at..];
            let Some(&first) = rest.first() else {
                return true;
            };
            let skipped = match (first, rest.get(1)) {
                (b' ' | b'\t' | b'\n' | b'\r' | b'\x0b' | b'\x0c', _) => Some(1),
                (b'-' | b'/', None) if !self.complete => return false,
                (b'-', Some(b'-')) | (b'#', Some(b' ' | b'!')) => {
                    memchr::memchr(b'\n', rest).map(|end| end + 1)
                }
                (b'/', Some(b'*')) => memchr::memmem::find(&rest[2..], b"*/").map(|end| end + 4),
                _ => return true,
            };
            match skipped {
                Some(count) => self.at += count,
                None => {
                    self.at = self.text.len();
                    return self.complete;
                }
            }
        }
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}
