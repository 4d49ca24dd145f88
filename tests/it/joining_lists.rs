//! Which meeting a dropped file is of, and what becomes of it where two look at once: by the page and on the
//! command line, with the same rule.

use serde_json::{Value, json};

use super::access_commands::typed;
use super::access_roles::until;
use super::binary::Home;
use super::bringing::{PASSWORD, ZOOM, calendar, dropped, fields, sent, set};
use super::served::{Reply, Served};
use super::visitor::{Visitor, field};
use super::way::event;

const CONFIGURATION: &str = "[access]\nmode = \"password\"\n[organisation]\ntimezone = \"UTC\"\n[privacy]\nk = 5\n\
    [[source]]\nid = \"transcript\"\nkind = \"transcript\"\nenabled_series = [\"reviews-1\"]\n";

/// A list of Teams whose date may be two, with a program that takes notes.
fn teams(date: &str) -> String {
    format!(
        "1. Summary\nMeeting title\tWeekly\nStart time\t{date}, 14:02:00\nEnd time\t{date}, 15:00:00\n\n\
         2. Participants\nName\tFirst Join\tLast Leave\tDuration\tEmail\n\
         Pia One\t{date}, 14:02:10\t{date}, 14:59:00\t56m 50s\tp1@people.example.org\n\
         Fireflies.ai Notetaker\t{date}, 14:02:00\t{date}, 15:00:00\t58m\t\n"
    )
}

const VTT: &str = "WEBVTT\n\n00:00:00.000 --> 00:00:12.000\n<v Pia One>one</v>\n\n\
    00:00:12.000 --> 00:00:40.000\n<v Per Two>two</v>\n";

/// A list of Zoom that says for how long each was there, and not when that was.
const NO_TIMES: &str = "Name (Original Name),User Email,Total Duration (Minutes),Guest\n\
    Pia One,p1@people.example.org,30,No\nPer Two,p2@people.example.org,40,No\n";

/// Two write-ups, and a weekly review of the first.
fn home() -> Option<Home> {
    let home = Home::with_engine()?;
    home.file("readback.toml", CONFIGURATION);
    let published = "2026-03-01T00:00:00Z";
    let lines = [
        ("INC-1", "The queue that overflowed"),
        ("INC-2", "The two clocks"),
    ];
    let lines = lines.map(|(id, title)| {
        let data = json!({ "id": id, "title": title, "published_at": published });
        event("writeup", id, id, published, data)
    });
    let path = home.file("events.ndjson", lines.join("\n") + "\n");
    home.done(&["import", "events", &path]);
    let path = home.file("reviews.ics", calendar());
    home.done(&["import", "icalendar", &path]);
    Some(home)
}

fn listed(home: &Home, rest: &[&str]) -> Vec<Value> {
    let said = home.done(&[rest, &["--json"]].concat());
    serde_json::from_str(&said.out).expect("JSON")
}

/// Somebody who was there with another address than the one that is invited, and somebody who was there twice.
#[test]
fn one_person_is_seen_by_two_addresses_and_by_two_rows() {
    let Some(home) = home() else { return };
    let roster = "email,email2\np5.new@people.example.org,p5@people.example.org\n";
    let roster = home.file("roster.csv", roster);
    home.done(&["people", "import", &roster]);
    let again = "Pol Three,,2026-03-10 14:03:00,2026-03-10 14:13:00,10,Yes,No\nPat Five,p5.new@";
    let list = home.file("participants.csv", ZOOM.replace("Pat Five,p5@", again));
    let look = ["--look", "--meeting", "2026-03-10T14:00"];
    let seen = home
        .done(&[&["import", "zoom", &list][..], &look].concat())
        .out;
    let seen = seen.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "Pat Five: p5.new@people.example.org, there for 56 minutes, was invited",
        "Pol Three: nobody knows who, there for 10 minutes; may be p3@people.example.org",
        "invited, and not in this list: 2",
    ] {
        assert!(seen.contains(words), "{words}: {seen}");
    }
}

/// The meetings of a day, with what each is about.
fn of_day(home: &Home, day: &str) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let all = listed(home, &["meetings", "list"]).into_iter();
    let own = all.filter(|one| text(&one["id"]).starts_with(day));
    own.map(|one| (text(&one["id"]), text(&one["title"])))
        .collect()
}

/// Imports of lists and transcripts: what each is called, how much of it stands, what took its place.
fn imports(home: &Home) -> Vec<(String, u64, Option<String>)> {
    let each = listed(home, &["undo"]).into_iter();
    let each = each.filter(|one| one["kind"] != "icalendar");
    each.map(|one| {
        let name = one["import"].as_str().expect("a name").to_owned();
        let by = one["superseded_by"].as_str().map(str::to_owned);
        (name, one["standing"].as_u64().expect("a number"), by)
    })
    .collect()
}

#[test]
fn the_command_line_joins_as_the_page_does() {
    let Some(home) = home() else { return };
    let list = home.file("zoom.csv", ZOOM);
    let one = [(
        "2026-03-10T14:00".to_owned(),
        "The queue that overflowed".to_owned(),
    )];
    let taken = home.done(&["import", "zoom", &list]);
    assert!(
        taken
            .err
            .contains("it is taken for the meeting 2026-03-10T14:00, The queue that overflowed"),
        "{}",
        taken.err
    );
    assert_eq!(
        of_day(&home, "2026-03-10"),
        one,
        "no second review beside the planned one"
    );
    let seen = home.done(&["import", "zoom", &list, "--look"]);
    assert!(
        seen.out
            .contains("it is taken for the meeting 2026-03-10T14:00"),
        "{}",
        seen.out
    );
    home.done(&["undo", &imports(&home)[0].0]);

    // A date that may be two: the planned review settles it. Where none does, somebody has to.
    let list = home.file("teams.csv", teams("07/04/2026"));
    let taken = home.done(&["import", "teams", &list]);
    for words in [
        "they are read as the first, since a meeting is known at that hour",
        "it is taken for the meeting 2026-04-07T14:00",
        "left out 1: note-taker",
    ] {
        assert!(taken.err.contains(words), "{words}: {}", taken.err);
    }
    let list = home.file("teams.csv", teams("03/04/2026"));
    let refused = home.run(&["import", "teams", &list]);
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.err.contains("say --param date_order=dmy or"),
        "{}",
        refused.err
    );

    // Without times.
    let list = home.file("short.csv", NO_TIMES);
    let refused = home.run(&["import", "zoom", &list]);
    assert_eq!(refused.code, Some(1));
    assert!(
        refused
            .err
            .contains("say --meeting MEETING of a planned one")
            && !refused.err.contains("`start`"),
        "{}",
        refused.err
    );
    home.done(&["import", "zoom", &list, "--meeting", "2026-03-17T14:00"]);
    assert_eq!(of_day(&home, "2026-03-17").len(), 1);

    // Two at one hour: what it is about tells, else somebody has to.
    let other = calendar()
        .replace("reviews-1", "reviews-2")
        .replace("INC-1", "INC-2");
    let path = home.file("other.ics", other.replace("RRULE:FREQ=WEEKLY\r\n", ""));
    home.done(&["import", "icalendar", &path]);
    let both = of_day(&home, "2026-03-10");
    assert_eq!(both.len(), 2);
    let list = home.file("zoom.csv", ZOOM);
    let refused = home.run(&["import", "zoom", &list]);
    assert_eq!(refused.code, Some(1));
    for (id, title) in &both {
        assert!(
            refused.err.contains(&format!("{id} ({title})")),
            "{}",
            refused.err
        );
    }
    assert!(
        refused.err.contains("say --meeting with one of these"),
        "{}",
        refused.err
    );
    let list = home.file("zoom.csv", ZOOM.replace(",Weekly,", ",Review of INC-2,"));
    let taken = home.done(&["import", "zoom", &list]);
    assert!(
        taken
            .err
            .contains("The two clocks, begun on 2026-03-10 14:00"),
        "{}",
        taken.err
    );
    assert_eq!(of_day(&home, "2026-03-10"), both);

    // A table that names its meeting is of that, whatever is planned at its hour.
    let header = "meeting,person,start,present_minutes\n";
    let rows = "Fireflies.ai Notetaker,2026-03-24T14:00,60";
    let list = home.file(
        "plain.csv",
        format!("{header}m-24,p1@people.example.org,2026-03-24T14:00,30\nm-24,{rows}\n"),
    );
    let taken = home.done(&["import", "attendance-csv", &list]);
    assert!(
        taken.err.contains("left out 1: note-taker"),
        "{}",
        taken.err
    );
    assert_eq!(of_day(&home, "2026-03-24").len(), 2);

    // A transcript of a planned meeting, where its series is enabled.
    let vtt = home.file("review.vtt", VTT);
    let of = |title: &str| {
        let found = both.iter().find(|(_, own)| own == title);
        found.expect("a meeting").0.clone()
    };
    let (enabled, other) = (of("The queue that overflowed"), of("The two clocks"));
    home.done(&["import", "transcript", &vtt, "--meeting", &enabled]);
    let refused = home.run(&["import", "transcript", &vtt, "--meeting", &other]);
    assert_eq!(refused.code, Some(1));
    for words in [
        "The meeting is transcribed.",
        "enabled_series = [",
        "in its configuration",
    ] {
        assert!(refused.err.contains(words), "{words}: {}", refused.err);
    }
    let refused = home.run(&["import", "transcript", &vtt]);
    assert!(
        refused.err.contains("say --meeting MEETING"),
        "{}",
        refused.err
    );
    let refused = home.run(&["import", "zoom", &list, "--meeting", "2020-01-01T14:00"]);
    assert!(
        refused.err.contains("no meeting is called"),
        "{}",
        refused.err
    );
}

/// The value of the meeting that is chosen.
fn chosen(page: &Reply) -> String {
    let fields = fields(&page.text);
    let meeting = fields.iter().find(|(name, _)| name == "meeting");
    meeting.expect("a choice of meetings").1.clone()
}

/// What stands for a meeting in the form.
fn offered(page: &Reply, id: &str) -> String {
    let value = format!("<option value=\"{}@", id.replace('/', "&#x2f;"));
    let at = page.text.split(&value).nth(1).expect("an offer");
    format!("{id}@{}", at.split('"').next().expect("a value"))
}

#[test]
fn two_coordinators_and_files_that_leave_things_open() {
    let Some(home) = home() else { return };
    let served = Served::start(&home, &[], &[]);
    served.until("/readyz/engine", 200);
    let account = |name: &str| {
        typed(&home, &["add", name, "--role", "coordinator"], PASSWORD);
        let mut visitor = Visitor::of(served.address());
        assert_eq!(visitor.sign_in(name, PASSWORD).status, 303, "{name}");
        visitor
    };
    let (mut cleo, mut cora) = (account("cleo"), account("cora"));
    until(&mut cleo, "/reviews", |page| {
        page.text.contains("<h2>Planned</h2>")
    });

    // Both look before either brings in: what the second would replace is not what they saw.
    let first = fields(&dropped(&mut cleo, "one.csv", ZOOM).text);
    let longer = ZOOM.replace("14:33:00", "14:40:00");
    let second = fields(&dropped(&mut cora, "two.csv", &longer).text);
    let done = sent(&mut cleo, &first, "confirm");
    assert_eq!(done.status, 303, "{done:?}");
    let refused = sent(&mut cora, &second, "confirm");
    assert!(
        refused.text.contains(
            "Another list of this meeting was brought in, which you have not looked at: look again."
        ),
        "{refused:?}"
    );
    assert!(
        refused.text.contains("this file takes its place"),
        "{refused:?}"
    );
    let before = imports(&home);
    assert_eq!(before.len(), 1, "nothing was brought in: {before:?}");
    let again = fields(&refused.text);
    assert!(
        again.contains(&("replaces".to_owned(), before[0].0.clone())),
        "{again:?}"
    );
    let done = sent(&mut cora, &again, "confirm");
    assert_eq!(done.status, 303, "{done:?}");
    let both = imports(&home);
    assert_eq!(both[1], (before[0].0.clone(), 0, Some(both[0].0.clone())));
    // The first can't be taken back from under the second; the second can, and the first stands whole.
    let undo = |visitor: &mut Visitor, import: &str| {
        let form = field(&visitor.get("/reviews/import").text, "form");
        let all = [("form", form.as_str()), ("do", "undo"), ("import", import)];
        visitor.send("/reviews/import", &all)
    };
    let refused = undo(&mut cleo, &both[1].0);
    assert!(
        refused.status == 409
            && refused
                .text
                .contains("took its place; take that one back first"),
        "{refused:?}"
    );
    let seen = fields(&dropped(&mut cora, "two.csv", &longer).text);
    assert_eq!(undo(&mut cleo, &both[0].0).status, 303);
    assert_eq!(imports(&home), before);
    let refused = sent(&mut cora, &seen, "confirm");
    assert!(refused.text.contains(": look again"), "{refused:?}");
    assert_eq!(undo(&mut cleo, &before[0].0).status, 303);
    assert!(imports(&home).is_empty());

    // Whoever goes back finds a page.
    let dropped_at = {
        let seen = dropped(&mut cleo, "one.csv", ZOOM);
        let ticket = field(&seen.text, "file");
        let done = sent(&mut cleo, &fields(&seen.text), "confirm");
        assert_eq!(done.status, 303, "{done:?}");
        format!("/reviews/import?file={ticket}")
    };
    let back = cleo.get(&dropped_at);
    assert!(
        back.status == 200 && back.text.contains("not kept any more"),
        "{back:?}"
    );
    assert_eq!(undo(&mut cleo, &imports(&home)[0].0).status, 303);

    // A list of Teams stays one, and a planned review says which number of its date is the month.
    let seen = dropped(&mut cleo, "teams.csv", &teams("07/04/2026"));
    assert_eq!(seen.status, 200, "{seen:?}");
    for words in [
        "Tue 7 Apr 2026, 14:02 to 15:00",
        "They are read as the first, day, month, year, since a meeting is known at that hour",
        "note-taker",
        "value=\"dmy\" selected",
    ] {
        assert!(seen.text.contains(words), "{words}: {}", seen.text);
    }
    let asked = fields(&seen.text);
    assert!(
        asked.contains(&("kind".to_owned(), "teams".to_owned())),
        "{asked:?}"
    );
    assert!(
        chosen(&seen).starts_with("2026-04-07T14:00@"),
        "{}",
        chosen(&seen)
    );
    // Where none does, it is a guess that is told, and can be changed.
    let seen = dropped(&mut cleo, "teams.csv", &teams("03/04/2026"));
    assert!(
        seen.text
            .contains("as Fri 3 Apr 2026, 14:02 or Wed 4 Mar 2026, 14:02.")
            && seen.text.contains("which is a guess"),
        "{}",
        seen.text
    );
    assert!(
        seen.text
            .contains("No meeting of that hour is known, so none is chosen")
    );
    assert_eq!(chosen(&seen), "");
    let mut asked = fields(&seen.text);
    set(&mut asked, "date_order", "mdy");
    let seen = sent(&mut cleo, &asked, "look");
    assert!(
        seen.text.contains("Wed 4 Mar 2026, 14:02 to 15:00"),
        "{}",
        seen.text
    );

    // A table that names its meeting is of no other that happens to be at that hour.
    let plain = |name: &str, day: &str| {
        format!(
            "meeting,person,start,present_minutes\n{name},p1@people.example.org,{day}T14:00,30\n\
             {name},Otter.ai,{day}T14:00,30\n"
        )
    };
    let seen = dropped(
        &mut cleo,
        "plain.csv",
        &plain("another-review", "2026-03-10"),
    );
    assert_eq!(chosen(&seen), "");
    assert!(
        seen.text
            .contains("no meeting of that name is known. None is chosen"),
        "{}",
        seen.text
    );
    assert!(seen.text.contains("note-taker"), "{}", seen.text);
    let seen = dropped(
        &mut cleo,
        "plain.csv",
        &plain("2026-03-17T14:00", "2026-03-10"),
    );
    assert!(
        chosen(&seen).starts_with("2026-03-17T14:00@"),
        "{}",
        chosen(&seen)
    );
    let seen = dropped(
        &mut cleo,
        "plain.csv",
        &plain("reviews-1/2026-03-17T14:00:00Z", "2026-03-10"),
    );
    assert!(
        chosen(&seen).is_empty()
            && seen
                .text
                .contains("as the file says, Tue 17 Mar 2026, 14:00"),
        "{}",
        seen.text
    );

    // A list without times, in words of the page; a meeting that is chosen says when it was.
    let seen = dropped(&mut cleo, "short.csv", NO_TIMES);
    assert_eq!(seen.status, 422);
    assert!(
        seen.text
            .contains("choose the planned meeting below, or fill in “Start”"),
        "{}",
        seen.text
    );
    let mut asked = fields(&seen.text);
    set(&mut asked, "meeting", &offered(&seen, "2026-03-24T14:00"));
    let seen = sent(&mut cleo, &asked, "look");
    assert!(
        seen.status == 200 && seen.text.contains("<h2>Tue 24 Mar 2026, 14:00</h2>"),
        "{seen:?}"
    );

    // A transcript is of a meeting that is chosen, where its series is enabled.
    let seen = dropped(&mut cleo, "review.vtt", VTT);
    assert_eq!(seen.status, 422);
    assert!(
        seen.text.contains("choose the meeting below"),
        "{}",
        seen.text
    );
    let mut asked = fields(&seen.text);
    set(&mut asked, "meeting", &offered(&seen, "2026-03-10T14:00"));
    let seen = sent(&mut cleo, &asked, "look");
    assert!(
        seen.status == 200 && seen.text.contains("2 spoke for ten seconds or more."),
        "{seen:?}"
    );
    let done = sent(&mut cleo, &fields(&seen.text), "confirm");
    assert_eq!(done.status, 303, "{done:?}");
    served.stop();

    // And where it is not, the page says how it would be.
    home.file(
        "readback.toml",
        CONFIGURATION.replace("reviews-1", "others-9"),
    );
    let served = Served::start(&home, &[], &[]);
    served.until("/readyz/engine", 200);
    let mut cleo = Visitor::of(served.address());
    assert_eq!(cleo.sign_in("cleo", PASSWORD).status, 303);
    let seen = dropped(&mut cleo, "review.vtt", VTT);
    let mut asked = fields(&seen.text);
    set(&mut asked, "meeting", &offered(&seen, "2026-03-10T14:00"));
    let seen = sent(&mut cleo, &asked, "look");
    assert_eq!(seen.status, 422);
    for words in [
        "The meeting is transcribed. From the transcript we count",
        "enabled_series",
    ] {
        assert!(seen.text.contains(words), "{words}: {}", seen.text);
    }
    served.stop();
}
