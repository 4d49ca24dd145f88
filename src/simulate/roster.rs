//! The registry: who works there and what was written, as `person` and `writeup` events, with the
//! corrections by which leaving and deletion become known.

use crate::model::{ActsOn, Calendar, DAY_MS, EventKind, Millis};

use super::Options;
use super::line::Line;
use super::people::People;
use super::planned::Plan;
use super::reads::ROBOTS;
use super::reviews::ROOMS;
use super::writeups::Paper;

/// Plans them.
pub(super) fn plan(people: &People, papers: &[Paper], from: Millis, plan: &mut Plan) {
    for n in 0..people.workers.len() {
        let worker = &people.workers[n];
        person(people, n, None, 0, &mut plan.line);
        plan.keep(EventKind::Person, worker.joined.max(from));
        if let Some(left) = worker.left {
            person(people, n, Some(left), 1, &mut plan.line);
            plan.correct(EventKind::Person, left);
        }
    }
    let robots = [(ROBOTS[0], "bot"), (ROBOTS[1], "service")];
    let rooms = ROOMS.map(|room| (room, "room"));
    for (name, kind) in robots.into_iter().chain(rooms) {
        plan.line
            .begin(
                EventKind::Person,
                "hr",
                &format!("account-{}", name.len()),
                "",
                Some(from),
            )
            .text("person", name)
            .text("kind", kind);
        plan.keep(EventKind::Person, from);
    }
    for paper in papers {
        let known = paper.published + DAY_MS / 48;
        writeup(paper, people, 0, &mut plan.line);
        plan.keep(EventKind::Writeup, known);
        if let Some(deleted) = paper.deleted {
            writeup(paper, people, 1, &mut plan.line);
            plan.correct(EventKind::Writeup, deleted);
        }
    }
}

/// Somebody says that there is a new template.
pub(super) fn annotate(options: &Options, calendar: &Calendar, plan: &mut Plan) {
    let Some(from) = options.template_from else {
        return;
    };
    let at = calendar.midnight(from);
    plan.line
        .begin(EventKind::Annotation, "registry", "template", "", Some(at))
        .text("on", &from.to_string())
        .text("text", "A new template")
        .text("acts_on", ActsOn::Writeups.name());
    plan.keep(EventKind::Annotation, at);
}

fn person(people: &People, n: usize, left: Option<Millis>, version: u64, line: &mut Line) {
    let worker = &people.workers[n];
    line.begin(
        EventKind::Person,
        "hr",
        &format!("person-{n}"),
        "",
        Some(worker.joined),
    )
    .text("person", &worker.email)
    .texts("aliases", worker.account.as_deref())
    .text("team", &people.teams[worker.team])
    .time("joined_at", Some(worker.joined))
    .time("left_at", left)
    .whole("version", version);
}

fn writeup(paper: &Paper, people: &People, version: u64, line: &mut Line) {
    let email = |&worker: &usize| &*people.workers[worker].email;
    let deleted = paper.deleted.filter(|_| version > 0);
    let words = u64::from(paper.words);
    line.begin(EventKind::Writeup, "registry", &paper.id, &paper.id, None)
        .text("title", &paper.title)
        .text("url", &paper.url)
        .texts("aliases", [&*paper.alias])
        .texts("tags", paper.tags.iter().copied())
        .time("published_at", (!paper.undated).then_some(paper.published))
        .time("deleted_at", deleted)
        .text("owner_team", &people.teams[paper.team])
        .texts("contributors", paper.authors.iter().map(email))
        .texts("contributor_teams", [&*people.teams[paper.team]])
        .texts("responders", paper.responders.iter().map(email))
        .whole("words", words)
        .whole("diagrams", paper.diagrams.into())
        .whole("hyperlinks", paper.hyperlinks.into())
        .whole("acronyms", words / 90)
        .whole("acronyms_unexplained", paper.unexplained.into())
        .whole("data_sources", paper.data_sources.into())
        .text(
            "template",
            if paper.new_template {
                "learning-review"
            } else {
                "classic"
            },
        )
        .whole("version", version);
}
