//! `git`: a local repository. Registers write-ups kept as files, and finds every reference to a
//! write-up in messages and files of the branch's history, with its life.
//!
//! | file | what it does |
//! | --- | --- |
//! | `params`, `glob` | checks the parameters |
//! | `repository`, `header`, `changes` | read the object store: commits in order, files changed and renamed |
//! | `remote` | the page of the repository that a clone came from |
//! | `survey`, `probe` | a first look, before anything is read |
//! | `registry`, `document`, `front` | the files that are write-ups, and what their text says |
//! | `scan`, `place`, `language` | references in a file, and what kind of place each stands in |
//! | `ledger` | the lives of links, pure |
//! | `walk` | takes the branch through registry and ledger |
//! | `events`, `told` | what goes out, and how it is taken back where history changed |
//! | `pull`, `checkpoint` | one pull from end to end, and what the next one needs |

mod changes;
mod checkpoint;
mod document;
mod events;
mod front;
mod glob;
mod header;
mod language;
mod ledger;
mod params;
mod place;
mod probe;
mod pull;
mod registry;
mod remote;
mod repository;
mod scan;
mod survey;
mod told;
mod walk;

use crate::model::Millis;

use super::{Kind, Probe, Pull, Setting, Sink, SourceError, decode};

use params::{Checked, Params};

pub(crate) use remote::web as page_of_clone;
pub use survey::{Survey, survey};

/// The kind.
pub static KIND: Kind = Kind {
    name: "git",
    summary: "A local git repository: write-ups kept as files, and links to write-ups in history",
    documentation: "\
Walks the history of one branch of a local repository, bare or with a worktree.

Files that fit `writeups` become write-ups: title and date from the front matter (`title`, `date`,
`published`), from lines such as `- Start Date: 2024-03-05`, or from the first heading and the commit
that added the file. The author of that commit and `authors` of the front matter are contributors;
`responders`, `reviewers`, `facilitators`, `template` and `restricted: true` are read there, too.
`incident_keys` are regular expressions for keys in header, heading or file name; they become names of
the write-up, and so do `name_aliases`, made from the groups of `name_pattern` in the file's name.
With `web`, the address of the repository at a forge, every address of the file there is a name too;
where it is left out, the remote `origin` tells it, if it is on the web.

Of each text its words, diagrams, links, quotations, abbreviations, those that nobody explains (neither
`organisation.glossary` nor a long form in brackets or a link at their first use) and the sources of data
that it names (`organisation.data_sources`) are counted: as it stood two weeks after it was added, and now.

Links to any registered write-up are found in commit messages and in files. A link in a file lives
from the commit that first had it until the first commit of the branch without it; edited, moved and
renamed lines keep it, and what comes back within a day was never gone. Of commits that came in by a
merge, links count from the commit that wrote them, if they stood on the branch after the merge.
Links in messages are for ever; copies by rebase or cherry-pick count once. What comes back after
more than a day is another link.

Where the branch was rewritten, settings or names of write-ups changed, or a shallow clone was
deepened, the whole history is read again, and what it no longer shows is taken back: the outcome is
that of a first scan. Links made by accounts such as `dependabot[bot]` count as a robot's.

`onboarding`, `runbook`, `docs` and `exclude` are globs over paths (`**/` for any folders, `{a,b}` for
either; without a slash over file names); giving one replaces its default. Excluded by default: vendored and generated
files and test data. Binary files and files over 2 MiB are left out and counted. Submodules and
symbolic links are not followed. A shallow clone begins where its history begins.

The source cannot see branches other than the one given, nor who read anything.",
    sample: r#"[[source]]
id = "shop"
kind = "git"
path = "/srv/git/shop.git"
web = "https://github.com/example/shop"
writeups = ["postmortems/*.md"]
incident_keys = ["INC-[0-9]+"]
"#,
    file: None,
    pull: Some(build),
    push: None,
    probe: Some(Probe::Local(probe::look)),
};

fn build(params: toml::Table, setting: &Setting) -> Result<Box<dyn Pull>, SourceError> {
    let params = decode::<Params>(params)?.check()?;
    Ok(Box::new(Git {
        params,
        setting: setting.clone(),
    }))
}

struct Git {
    params: Checked,
    setting: Setting,
}

impl Pull for Git {
    fn pull(
        &mut self,
        checkpoint: Option<&str>,
        now: Millis,
        sink: &mut dyn Sink,
    ) -> Result<String, SourceError> {
        pull::pull(&self.params, &self.setting, checkpoint, now, sink)
    }
}

#[cfg(test)]
mod restated;
#[cfg(test)]
mod revised;
#[cfg(test)]
mod tests;
