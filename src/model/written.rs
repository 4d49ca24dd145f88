//! Texts that are shown as they were written, without what nobody sees and a terminal or a page would
//! obey.

use std::iter::Peekable;
use std::str::Chars;

/// Characters that are not written: they change what stands around them, on a terminal or a page.
pub fn is_unseen(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Leaves a text without what is not written: orders to a terminal go as a whole, tabs and line breaks
/// become spaces.
pub fn as_written(text: &mut String) {
    if !text.chars().any(is_unseen) {
        return;
    }
    let mut kept = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            // `ESC [ … letter`: parameters, then one character that ends it.
            '\u{9b}' => order(&mut rest),
            '\u{1b}' if rest.next_if_eq(&'[').is_some() => order(&mut rest),
            // `ESC ] … BEL` sets a window's title or an address; it ends with the text at the latest.
            '\u{1b}' if rest.next_if_eq(&']').is_some() => {
                while rest.next_if(|c| !c.is_control()).is_some() {}
            }
            '\t' | '\n' | '\r' => kept.push(' '),
            c if is_unseen(c) => {}
            c => kept.push(c),
        }
    }
    *text = kept.trim().to_owned();
}

/// Passes over an order's parameters and the character that ends it.
fn order(rest: &mut Peekable<Chars<'_>>) {
    while rest.next_if(|c| matches!(c, ' '..='?')).is_some() {}
    rest.next_if(|c| matches!(c, '@'..='~'));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_not_written() {
        for (text, written) in [
            ("The disk", "The disk"),
            (" kept as it is ", " kept as it is "),
            ("\u{1b}[31mThe\u{1b}[0m disk", "The disk"),
            ("\u{9b}1;31mThe disk", "The disk"),
            ("\u{1b}]0;owned\u{7}The disk", "The disk"),
            ("The\u{1b} disk\u{7}", "The disk"),
            ("The\tdisk\r\n", "The disk"),
            ("The \u{202e}ksid", "The ksid"),
            ("\u{1b}[", ""),
        ] {
            let mut text = text.to_owned();
            as_written(&mut text);
            assert_eq!(text, written);
        }
    }

    proptest! {
        #[test]
        fn nothing_unseen_stays(text in "[\u{0}-\u{a0}\u{202a}-\u{2069}A-z]{0,30}") {
            let mut once = text.clone();
            as_written(&mut once);
            prop_assert!(!once.chars().any(is_unseen));
            let mut twice = once.clone();
            as_written(&mut twice);
            prop_assert_eq!(twice, once);
        }
    }
}
