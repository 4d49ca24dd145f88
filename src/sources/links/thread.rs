//! Threads at a forge (issues, pull requests, merge requests) and their short references: `org/repo#12`,
//! `group/repo!12`. The forge itself makes links of these, so they are links here.

/// The short reference of a thread, given its canonical address.
pub(super) fn short(url: &str) -> Option<String> {
    let (front, last) = url.rsplit_once('/')?;
    is_number(last).then_some(())?;
    let (front, kind) = front.rsplit_once('/')?;
    let mark = match kind {
        "issues" | "pull" | "pulls" => '#',
        "merge_requests" => '!',
        _ => return None,
    };
    let repository = front.strip_suffix("/-").unwrap_or(front);
    let (_, path) = repository.split_once("://")?.1.split_once('/')?;
    path.contains('/').then(|| format!("{path}{mark}{last}"))
}

/// Whether a name is such a reference.
pub(super) fn is_short(name: &str) -> bool {
    name.rsplit_once(['#', '!']).is_some_and(|(path, number)| {
        let mut parts = path.split('/');
        is_number(number) && path.contains('/') && parts.all(is_part)
    })
}

/// Whether what stands before makes another path of it, such as `my-org/repo#12`.
pub(super) fn goes_on_before(text: &[u8], start: usize) -> bool {
    text[..start]
        .last()
        .is_some_and(|byte| matches!(byte, b'/' | b'-' | b'.'))
}

fn is_number(text: &str) -> bool {
    (1..=12).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_part(part: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    !part.is_empty() && part.bytes().all(plain)
}
