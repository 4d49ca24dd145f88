//! A list that is imported again: what an earlier import told of the same meeting and this one does not say anew
//! stands beside it, and people whom the first showed without an address count twice. It is told, or taken back.

use super::audit::note;
use super::import::counted;
use crate::app::House;
use crate::jobs::undo::{self, called};
use crate::sources::Kind;
use crate::web::audit::Act;

/// Tells of earlier imports that stand beside the last of `own`, the imports of this command; takes them back
/// where it is asked to replace them.
///
/// # Errors
/// What the store says, or the audit log.
pub(super) async fn beside(
    house: &House,
    (kind, own): (&Kind, &[u64]),
    replace: bool,
) -> anyhow::Result<Vec<String>> {
    let Some(import) = own.last() else {
        return Ok(Vec::new());
    };
    let earlier = undo::beside(&house.store, *import, super::now()).await?;
    let is_same = |one: &undo::Beside| one.is_whole && one.import.reader == kind.name;
    let mut told = Vec::new();
    for beside in earlier
        .iter()
        .filter(|one| !own.contains(&one.import.import))
    {
        let one = &beside.import;
        let name = called(one.import);
        let what = format!("{} of the source {}", one.reader, one.source);
        let events = counted(beside.events, "event", "events");
        let is_same = is_same(beside);
        if is_same && replace {
            undo::supersede(&house.store, &house.gate(), (&name, *import)).await?;
            note(&house.config, Act::ImportUndone, &what)?;
            told.push(format!(
                "it takes the place of the import {name}, {what}, of which {events} stood besides"
            ));
            continue;
        }
        let way = match is_same {
            true => {
                "--replace lets a list take the place of what was read of the same meetings before"
            }
            false => "if it told of the same people, take one of the two back",
        };
        told.push(format!(
            "the import {name}, {what}, told of the same meetings before, and {events} of it stand beside this list's: \
             people without an address, or who were matched otherwise then, count twice; {way}, and `readback undo \
             {name}` takes the earlier one back"
        ));
    }
    Ok(told)
}
