//! Who somebody may be whom a list shows by name alone. Nothing is matched by it: it is for somebody to
//! say. Only those are suggested who stand in the same list by their address, or who are invited to the
//! meeting: of nobody else is it told that Readback knows them.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization as _;

/// At most so many.
const MOST: usize = 3;

/// Addresses that a name may stand for, the likeliest first. `addresses` are those of the list;
/// `is_invited` says whether an address is invited.
pub(super) fn of(
    name: &str,
    addresses: &[String],
    is_invited: impl Fn(&str) -> bool,
) -> Vec<String> {
    let spellings: Vec<Vec<String>> = names(name).iter().map(|one| words(one)).collect();
    let mut found: Vec<String> = Vec::new();
    let mut add = |address: String| {
        if !found
            .iter()
            .any(|known| known.eq_ignore_ascii_case(&address))
        {
            found.push(address);
        }
    };
    for words in &spellings {
        let locals = locals(words);
        let fits = |address: &&String| {
            let local = address.split('@').next().unwrap_or_default();
            let local = folded(local);
            locals.contains(&local)
        };
        addresses
            .iter()
            .filter(fits)
            .for_each(|one| add(one.clone()));
        let domains = addresses
            .iter()
            .filter_map(|address| address.split_once('@'));
        let domains: BTreeSet<String> = domains.map(|(_, domain)| domain.to_lowercase()).collect();
        for domain in &domains {
            let guesses = locals.iter().map(|local| format!("{local}@{domain}"));
            guesses.filter(|guess| is_invited(guess)).for_each(&mut add);
        }
    }
    found.truncate(MOST);
    found
}

/// Some of these addresses, each once.
pub(super) fn few(addresses: &[String]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for address in addresses {
        if !found
            .iter()
            .any(|known| known.eq_ignore_ascii_case(address))
        {
            found.push(address.clone());
        }
    }
    found.truncate(MOST);
    found
}

/// The names that one stands for: `Nick (Real Name)` is two.
fn names(name: &str) -> Vec<String> {
    let Some((before, rest)) = name.split_once('(') else {
        return vec![name.to_owned()];
    };
    let inner = rest.split(')').next().unwrap_or_default();
    [before, inner].map(str::to_owned).into_iter().collect()
}

/// The words of a name, first name first, in the letters of addresses.
fn words(name: &str) -> Vec<String> {
    let turned = match name.split_once(',') {
        Some((last, first)) => format!("{first} {last}"),
        None => name.to_owned(),
    };
    let words = turned.split(|c: char| c.is_whitespace() || matches!(c, '.' | '_' | '\''));
    let words = words.map(folded).filter(|word| !word.is_empty());
    // The phone of somebody, and what they call themselves in a meeting.
    let others = [
        "s", "iphone", "ipad", "phone", "laptop", "guest", "external", "mobile",
    ];
    words
        .filter(|word| !others.contains(&word.as_str()))
        .collect()
}

/// Lower case, without accents.
fn folded(text: &str) -> String {
    let lower = text.to_lowercase();
    let spelled = lower
        .replace('ä', "ae")
        .replace('ö', "oe")
        .replace('ü', "ue");
    let spelled = spelled
        .replace('ß', "ss")
        .replace('ø', "o")
        .replace('ł', "l");
    let kept = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '+');
    spelled.nfd().filter(kept).collect()
}

/// How organisations make addresses of names.
fn locals(words: &[String]) -> Vec<String> {
    let (Some(first), Some(last)) = (words.first(), words.last()) else {
        return Vec::new();
    };
    if words.len() == 1 {
        return vec![first.clone()];
    }
    let initial = |word: &String| word.chars().next().map(String::from).unwrap_or_default();
    let (f, l) = (initial(first), initial(last));
    vec![
        format!("{first}.{last}"),
        format!("{first}_{last}"),
        format!("{first}-{last}"),
        format!("{first}{last}"),
        format!("{f}{last}"),
        format!("{f}.{last}"),
        format!("{first}{l}"),
        format!("{first}.{l}"),
        format!("{last}.{first}"),
        format!("{last}{f}"),
        first.clone(),
        last.clone(),
        words.join("."),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suggested(name: &str, addresses: &[&str], invited: &[&str]) -> Vec<String> {
        let addresses: Vec<String> = addresses.iter().map(|one| (*one).to_owned()).collect();
        of(name, &addresses, |address| invited.contains(&address))
    }

    #[test]
    fn names_are_looked_for_in_the_list_and_among_the_invited() {
        let list = ["Ada.Lovelace@example.org", "grace@example.org"];
        for (name, invited, expected) in [
            ("Ada Lovelace", vec![], vec!["Ada.Lovelace@example.org"]),
            ("Lovelace, Ada", vec![], vec!["Ada.Lovelace@example.org"]),
            (
                "Ada Lovelace's iPhone",
                vec![],
                vec!["Ada.Lovelace@example.org"],
            ),
            (
                "Amazing G (Grace Hopper)",
                vec![],
                vec!["grace@example.org"],
            ),
            (
                "Jürgen Groß",
                vec!["juergen.gross@example.org"],
                vec!["juergen.gross@example.org"],
            ),
            (
                "José Müller",
                vec!["jmueller@example.org"],
                vec!["jmueller@example.org"],
            ),
            // Of those who are not invited nothing is told.
            ("Alan Turing", vec![], vec![]),
            ("", vec![], vec![]),
            ("()", vec![], vec![]),
            ("🦀", vec![], vec![]),
        ] {
            assert_eq!(suggested(name, &list, &invited), expected, "{name}");
        }
    }
}
