//! What Zoom's webhooks tell of who comes and leaves, put together: the stays of a meeting are the same in
//! whichever order and however often its deliveries come, and a report of it takes their place.

use std::collections::BTreeMap;

use clickhouse::Row;
use readback::collect::Intake;
use readback::model::{Event, Millis, to_rfc3339};
use readback::store::Batch;
use serde::Deserialize;
use serde_json::{Value, json};

use super::polled_forge::{Forge, NOW};
use super::way::{Way, instant};
use super::wikis::Source;
use super::zoom_api::{ADA, BOB, NUMBER, params, secret, source, zoom};
use super::zoom_pushed::{came, delivered, event, left};

const FACTS: &str = include_str!("../../sql/queries/fact_attendance.sql");
const MINUTE: Millis = 60_000;

/// Whether somebody came, for how long, and how long the meeting was, ms; of one meeting in their order.
type Came = Vec<(bool, Option<i64>, Option<i64>)>;

#[derive(Row, Deserialize)]
struct Fact {
    at: i64,
    attended: bool,
    stayed_ms: Option<i64>,
    length_ms: Option<i64>,
}

/// All that is known of who came, by when their meeting began.
async fn facts(way: &Way) -> BTreeMap<Millis, Came> {
    way.derive().await;
    let registry = way
        .count("SELECT toUInt64(max(generation)) FROM registry_target")
        .await;
    let sql = format!(
        "SELECT at, ifNull(attended, false) AS attended, stayed_ms, length_ms FROM ({FACTS})"
    );
    let asked = way.client.query(&sql);
    let asked = asked.param("as_of", instant("2030-01-01T00:00:00Z"));
    let asked = asked.param("registry", registry);
    let asked = asked.param("min_present_ms", 300_000);
    let rows: Vec<Fact> = asked.fetch_all().await.expect("facts");
    let mut all: BTreeMap<Millis, Came> = BTreeMap::new();
    for row in rows {
        let meeting = all.entry(row.at).or_default();
        meeting.push((row.attended, row.stayed_ms, row.length_ms));
    }
    all.values_mut().for_each(|came| came.sort_unstable());
    all
}

async fn load(way: &Way, number: u128, events: Vec<Event>) {
    let mut intake = Intake::new(way.keys.clone());
    let mut batch = Batch::default();
    for event in events {
        batch.push(intake.accept(event).expect("a record"));
    }
    way.store.load(number, &batch).await.expect("a batch");
}

async fn house(database: &str) -> Option<Way> {
    let way = Way::fresh(database).await?;
    way.register(&[("pm-12", &["INC-12"], "2026-02-01T00:00:00Z")])
        .await;
    Some(way)
}

fn heard(source: &Source, bodies: &[Value]) -> Vec<Event> {
    let each = bodies.iter();
    let each = each.flat_map(|body| delivered(source, body).expect("taken").events);
    each.collect()
}

/// Numbers that look like chance, and are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = self.0.wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn shuffle<T>(&mut self, all: &mut [T]) {
        for last in (1..all.len()).rev() {
            let other = usize::try_from(self.below(last as u64 + 1)).expect("an index");
            all.swap(last, other);
        }
    }
}

/// A meeting of an hour that some come to, its deliveries, and who was there by a clock that looks each second.
fn meeting(number: u64, dice: &mut Dice) -> (Millis, Vec<Value>, Came) {
    let start =
        instant("2026-01-05T14:00:00Z") + Millis::try_from(number).expect("few") * 24 * 60 * MINUTE;
    let is_ended = dice.below(4) > 0;
    let of = |name: &str, more: Value| {
        let mut body = event(name, more);
        let object = &mut body["payload"]["object"];
        object["id"] = json!(81_000_000_000 + number);
        object["uuid"] = json!(format!("zz{number}=="));
        object["start_time"] = json!(to_rfc3339(start));
        body
    };
    let (mut bodies, mut came) = (Vec::new(), Came::new());
    let mut device = 0;
    for person in 0..=dice.below(5) {
        // Signed in, known by an address, or by a name alone.
        let kind = dice.below(3);
        let mut there = vec![false; 3_600];
        let mut is_open = false;
        for stay in 0..=dice.below(3) {
            device += 1;
            let from = i64::try_from(dice.below(4_200)).expect("few") - 300;
            let until = from + i64::try_from(dice.below(2_000)).expect("few");
            let leaves = dice.below(5) > 0;
            let at = |second: i64| to_rfc3339(start + second * 1_000);
            let mut who = json!({ "user_id": device.to_string(), "user_name": format!("P{person} Zz"),
                "join_time": at(from) });
            match kind {
                // Another device shows another name, and no address.
                0 if stay > 0 => {
                    who["id"] = json!(format!("U{person}"));
                    who["user_name"] = json!(format!("Device {stay} Zz"));
                }
                0 => {
                    who["id"] = json!(format!("U{person}"));
                    who["email"] = json!(format!("p{person}.zz@example.org"));
                }
                1 => who["email"] = json!(format!("p{person}.zz@example.org")),
                _ => {}
            }
            bodies.push(of(
                "meeting.participant_joined",
                json!({ "participant": who }),
            ));
            is_open |= !leaves && !is_ended;
            let until = if leaves { until } else { 3_600 };
            if leaves {
                who["leave_time"] = json!(at(until));
                who["leave_reason"] = json!("left the meeting");
                bodies.push(of(
                    "meeting.participant_left",
                    json!({ "participant": who }),
                ));
            }
            let until = if is_ended { until.min(3_600) } else { until };
            let until = usize::try_from(until.max(0)).expect("a second");
            there.resize(there.len().max(until), false);
            let from = usize::try_from(from.max(0)).expect("a second").min(until);
            there[from..until].fill(true);
        }
        let seconds = there.iter().filter(|one| **one).count();
        let ms = i64::try_from(seconds).expect("few") * 1_000;
        let stayed = (!is_open).then_some(ms);
        let length = is_ended.then_some(60 * MINUTE);
        came.push((stayed.is_none_or(|ms| ms >= 300_000), stayed, length));
    }
    if is_ended {
        let end = to_rfc3339(start + 60 * MINUTE);
        bodies.push(of("meeting.ended", json!({ "end_time": end })));
    }
    came.sort_unstable();
    (start, bodies, came)
}

#[tokio::test(flavor = "multi_thread")]
async fn stays_are_the_same_in_any_order_and_however_often_they_are_told() {
    let Some(way) = house("zoom_stays_order").await else {
        return;
    };
    let source = source("");
    let mut expected = BTreeMap::new();
    let mut bodies = Vec::new();
    let mut dice = Dice(7);
    for number in 0..120 {
        let (start, own, came) = meeting(number, &mut dice);
        // A third comes in its order and once.
        if number % 3 > 0 {
            bodies.extend(own.iter().filter(|_| dice.below(3) > 0).cloned());
        }
        bodies.extend(own);
        expected.insert(start, came);
    }
    // All of the meetings among one another.
    let (ordered, mut mixed): (Vec<Value>, Vec<Value>) = bodies.into_iter().partition(|body| {
        body["payload"]["object"]["id"]
            .as_u64()
            .is_some_and(|id| id % 3 == 81_000_000_000 % 3)
    });
    dice.shuffle(&mut mixed);
    let half = mixed.len() / 2;
    load(&way, 1, heard(&source, &mixed[half..])).await;
    load(&way, 2, heard(&source, &ordered)).await;
    load(&way, 3, heard(&source, &mixed[..half])).await;
    let found = facts(&way).await;
    assert_eq!(found.len(), expected.len());
    for (start, came) in expected {
        assert_eq!(found.get(&start), Some(&came), "{}", to_rfc3339(start));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rooms_in_a_meeting_and_in_front_of_it() {
    let Some(way) = house("zoom_stays_rooms").await else {
        return;
    };
    let source = source("");
    let who = |device: &str, field: &str, minute: u32| {
        let mut who = json!({ "user_id": device, "user_name": "Ada Zz", "email": ADA, "id": "U1" });
        who[field] = json!(format!("2026-02-24T14:{minute:02}:11Z"));
        json!({ "participant": who })
    };
    let room = |mut more: Value| {
        more["breakout_room_uuid"] = json!("zzroom");
        more
    };
    let told = [
        event(
            "meeting.participant_joined_waiting_room",
            who("1", "date_time", 2),
        ),
        event("meeting.participant_admitted", who("1", "date_time", 5)),
        event("meeting.participant_joined", who("2", "join_time", 5)),
        // Back into the waiting room, of which nothing else tells.
        event(
            "meeting.participant_put_in_waiting_room",
            who("2", "date_time", 8),
        ),
        event("meeting.participant_joined", who("3", "join_time", 20)),
        event("meeting.participant_left", who("3", "leave_time", 21)),
        event(
            "meeting.participant_joined_breakout_room",
            room(who("4", "join_time", 21)),
        ),
        event(
            "meeting.participant_left_breakout_room",
            room(who("4", "leave_time", 31)),
        ),
        event(
            "meeting.ended",
            json!({ "end_time": "2026-02-24T15:02:11Z" }),
        ),
        // One who waited, and was never let in.
        {
            let mut other = event(
                "meeting.participant_put_in_waiting_room",
                who("9", "date_time", 8),
            );
            other["payload"]["object"]["participant"]["email"] = json!(BOB);
            other["payload"]["object"]["participant"]["id"] = json!("U2");
            other
        },
    ];
    load(&way, 1, heard(&source, &told)).await;
    let found = facts(&way).await;
    let found: Vec<&Came> = found.values().collect();
    assert_eq!(found, [&vec![(true, Some(14 * MINUTE), Some(60 * MINUTE))]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn under_five_minutes_nobody_was_there_and_a_report_holds_before_all() {
    let Some(way) = house("zoom_stays_report").await else {
        return;
    };
    let forge = Forge::new(|asked, _| zoom(asked));
    let secret = secret();
    let numbers = format!("numbers = [\"{NUMBER}\"]");
    let mut api = source(&params(&forge.address, secret.path(), &numbers));
    let pushed = source(&numbers);
    let short = |mut body: Value| {
        let who = &mut body["payload"]["object"]["participant"];
        who["user_id"] = json!("7");
        who["id"] = json!("U7");
        if let Some(at) = who.get_mut("leave_time") {
            *at = json!("2026-02-24T14:09:59Z");
        }
        body
    };
    let told = [
        came("Adaline Zz", ADA),
        left("Adaline Zz", ADA),
        short(came("Telephone of Adaline Zz", "")),
        short(left("Telephone of Adaline Zz", "")),
        event(
            "meeting.ended",
            json!({ "end_time": "2026-02-24T15:02:11Z" }),
        ),
    ];
    load(&way, 1, heard(&pushed, &told)).await;
    let alone = facts(&way).await;
    let hour = Some(60 * MINUTE);
    let expected = vec![
        (false, Some(299_000), hour),
        (true, Some(45 * MINUTE), hour),
    ];
    assert_eq!(alone.values().collect::<Vec<_>>(), [&expected]);
    // A1, as it is shown.
    let document = way.report(instant("2026-06-01T00:00:00Z")).await;
    let reviews = document.json()["reviews"].clone();
    assert_eq!(reviews[0]["attendees"], json!(1), "{reviews}");
    // What comes later of the same meeting changes nothing of the report any more.
    let pulled = api.pull(NOW).expect("a pull");
    load(&way, 2, pulled.events).await;
    let late = [came("Nick Zz", ""), came("Late Zz", "")];
    load(&way, 3, heard(&pushed, &late)).await;
    let found = facts(&way).await;
    let stays: Vec<Vec<Option<i64>>> = found
        .values()
        .map(|came| came.iter().map(|one| one.1).collect())
        .collect();
    let seconds = |all: [i64; 4]| all.map(|seconds| Some(seconds * 1_000)).to_vec();
    assert_eq!(stays, [seconds([600, 900, 1_669, 2_860])]);
}
