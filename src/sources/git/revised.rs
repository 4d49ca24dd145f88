//! What is measured of a write-up that was changed long after its publication.

use crate::sources::collected::Collected;

use super::tests::{Fixture, pull_at};

const DAY: i64 = 86_400;

fn pull(repo: &Fixture, checkpoint: Option<&str>) -> (Collected, String) {
    pull_at(repo.path(), "", checkpoint, Vec::new())
}

#[test]
fn a_text_is_measured_when_it_was_published_and_now() {
    let mut repo = Fixture::new();
    let write = |repo: &mut Fixture, text: &str, days: i64| {
        repo.clock += days * DAY;
        repo.write("pm/INC-1.md", text);
        repo.commit_after(DAY, "Write")
    };
    let added = write(&mut repo, "# Disk\none\n", 0);
    let early = write(&mut repo, "# Disk\none two\n", 5);
    let (heard, first) = pull(&repo, None);
    let words = |heard: &Collected| -> Vec<_> {
        let writeups = heard.writeups().into_iter();
        writeups
            .map(|one| (one.title.is_some(), one.words))
            .collect()
    };
    assert_eq!(words(&heard), [(true, Some(3))]);
    write(&mut repo, "# Disk\none two three\n", 20);
    let latest = write(&mut repo, "# Disk\none two three four\n", 20);
    let all = [(true, None), (false, Some(3)), (false, Some(5))];
    let (heard, then) = pull(&repo, Some(&first));
    assert_eq!(words(&heard), all);
    let times: Vec<_> = heard.events.iter().map(|event| event.time).collect();
    assert_eq!(times, [added, early, latest]);
    // Read at once it is the same; nothing new is nothing said.
    let (heard, _) = pull(&repo, None);
    assert_eq!(words(&heard), all);
    let (heard, _) = pull(&repo, Some(&then));
    assert_eq!(words(&heard), []);
}
