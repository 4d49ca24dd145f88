//! What the simulation writes is what the decoder of events takes, to the last line.

use readback::model::EventKind;
use readback::simulate::{Options, write};
use readback::sources::events::decode;

#[test]
fn every_simulated_line_is_an_event() {
    let options = Options {
        reads: 3_000,
        people: 30,
        teams: 4,
        writeups: 30,
        days: 400,
        ..Options::default()
    };
    let mut bytes = Vec::new();
    let summary = write(&options, &mut bytes).expect("a vector takes everything");
    let mut kinds = [0_u64; EventKind::ALL.len()];
    for line in bytes
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
    {
        let event = decode(line).unwrap_or_else(|faults| panic!("{faults:?}"));
        kinds[event.body.kind() as usize] += 1;
    }
    for kind in EventKind::ALL {
        // What people say by hand is in no organisation that is simulated.
        let by_hand = matches!(kind, EventKind::Meeting | EventKind::Story);
        assert_eq!(kinds[kind as usize] > 0, !by_hand, "{}", kind.name());
        assert_eq!(
            summary.kinds[kind.name()],
            kinds[kind as usize],
            "{}",
            kind.name()
        );
    }
}
