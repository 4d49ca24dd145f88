//! Whether a list of all of a calendar is believed that lacks most of what the calendar told before. A share
//! that was withdrawn, an export that failed and a server that begins anew all answer with an empty list, and
//! so does a calendar that was emptied: only that answer stays the same.

use serde::{Deserialize, Serialize};

use crate::sources::Sink;

/// So few meetings are taken back at once without another word: people do that by hand.
const HANDFUL: usize = 5;

/// Lists one after the other that lack most of it before that is believed.
const LISTS: u8 = 2;

/// How many lists one after the other lacked most of what was told.
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
pub(in crate::sources) struct Doubt(u8);

impl Doubt {
    /// Weighs a list of all that lacks `gone` of the `told` meetings. Where more than half of them are
    /// missing, and more than a handful, nothing is to be taken back before the next list says the same.
    ///
    /// # Errors
    /// It is not believed yet, and why.
    pub(in crate::sources) fn weigh(
        &mut self,
        (gone, told): (usize, usize),
        sink: &mut dyn Sink,
    ) -> Result<(), String> {
        if gone <= HANDFUL || gone * 2 <= told {
            self.0 = 0;
            return Ok(());
        }
        self.0 = self.0.saturating_add(1);
        if self.0 < LISTS {
            return Err(format!(
                "lists {gone} of the {told} meetings no more that it told of: they stay as they were told, and \
                 are taken back if the next scan does not find them either; if they should be there, look \
                 whether the calendar is still shared and whole"
            ));
        }
        self.0 = 0;
        sink.note(format!(
            "taken back, because {LISTS} lists one after the other did not hold them: {gone} of the {told} \
             meetings that were told of"
        ));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::collected::Collected;

    #[test]
    fn much_is_believed_the_second_time_and_a_little_at_once() {
        let mut sink = Collected::default();
        let mut doubt = Doubt::default();
        let mut is_believed = |gone, told| doubt.weigh((gone, told), &mut sink).is_ok();
        assert!(is_believed(5, 5));
        assert!(is_believed(10, 20));
        assert!(!is_believed(11, 20));
        // A whole list between them: the first one is forgotten.
        assert!(is_believed(0, 20));
        assert!(!is_believed(20, 20));
        assert!(is_believed(20, 20));
        assert!(!is_believed(6, 6));
        assert_eq!(sink.notes.len(), 1);
        assert!(sink.notes[0].contains("20 of the 20"), "{:?}", sink.notes);
    }
}
