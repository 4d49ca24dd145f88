//! `git`: a repository. Registers write-ups kept as files, and finds every reference to a
//! write-up in messages and files of the branch's history, with its life.
//!
//! | file | what it does |
//! | --- | --- |
//! | `params`, `glob` | checks the parameters |
//! | `repository`, `header`, `changes` | read the object store: commits in order, files changed and renamed |
//! | `clone`, `within`, `remote` | a clone of our own; a program with a time; the page of the repository that a clone came from |
//! | `survey`, `probe`, `held` | a first look, before anything is read; whether two sources hold one repository |
//! | `unnamed`, `addresses` | names at the tip that no write-up has |
//! | `registry`, `document`, `front` | the files that are write-ups, and what their text says |
//! | `scan`, `place`, `marks`, `language`, `languages`, `labels`, `drawio` | references in a file, what kind of place each stands in, who wrote it |
//! | `ledger` | the lives of links, pure |
//! | `crew` | several threads that read at once |
//! | `walk` | takes the branch through registry and ledger |
//! | `pages` | addresses of pages, where the repository is a forge's wiki |
//! | `events`, `told` | what goes out, and how it is taken back where history changed |
//! | `pull`, `checkpoint` | one pull from end to end, and what the next one needs |

mod addresses;
mod changes;
mod checkpoint;
mod clone;
mod counted;
mod crew;
mod document;
mod drawio;
mod events;
mod front;
mod glob;
mod header;
mod held;
mod labels;
mod language;
mod languages;
mod ledger;
mod marks;
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
mod unnamed;
mod walk;
mod within;

use crate::model::Millis;

use super::{Kind, Probe, Pull, Setting, Sink, SourceError, decode};

use params::{Checked, Params};

use addresses::sites;
pub(super) use counted::counted;
pub(super) use document::{Reading, with_prose};
pub use held::{Held, doubled, held};
pub use probe::{another_than_before, idle_writeups, lost_branch};
pub(crate) use remote::web as page_of_clone;
pub use survey::{Survey, survey};
pub use unnamed::{Known, Unnamed, has_writeups, key_patterns, unnamed};

/// The kind.
pub static KIND: Kind = Kind {
    name: "git",
    summary: "A git repository: write-ups kept as files, and links to write-ups in history",
    documentation: "\
Walks the history of one branch of a repository, bare or with a worktree, that lies at `path`. With `url`
the source clones it there by itself, and fetches what is new before each walk: from https with the token
in `token_file` if it needs one (a deploy token that may read; `token_user` where the forge wants a
certain user with it), or by ssh with your agent or a key without a passphrase. For that the program
`git` has to be installed. Several repositories are several sources.

`name` is what the repository is called in ids and evidence (`shop@0af3c1d:src/pay.rs#L7`); left out, it is
the last part of `url` or else of `path`. `branch` is the branch that is walked; left out, it is the one that
HEAD names.

Files that fit `writeups` become write-ups: title and date from the front matter (`title`, `date`,
`published`), from lines such as `- Start Date: 2024-03-05`, or from the first heading and the commit
that added the file. The author of that commit and `authors` of the front matter are contributors;
`responders`, `reviewers`, `facilitators`, `template` and `restricted: true` are read there, too, and
`owner_team`, else `team`, else `owner`, is the team whose write-up it is.
`incident_keys` are regular expressions for keys in header, heading or file name; they become names of
the write-up, and so do `name_aliases`, made from the groups of `name_pattern` in the file's name:
`name_pattern = '^0*([0-9]+)-'` and `name_aliases = ['INC-{1}']` call `0012-disk.md` INC-12.
With `web`, the address of the repository at a forge, every address of the file there is a name too;
where it is left out, the remote `origin` tells it, if it is on the web.

A wiki of GitHub, GitLab, Gitea or Forgejo is such a repository, too: clone `REPO.wiki.git` (with `url`, or
by yourself), and choose its post-mortems by `writeups = [\"Postmortem-*.md\"]`. It is known as a wiki by the
address that it was cloned from, or by `web`: `https://github.com/org/repo/wiki`,
`https://gitlab.com/org/repo/-/wikis`. Then each page's address is the wiki's, under all names that it had,
and links between pages are found as wikis write them: `[[Page name]]`, `[[words|Page name]]`, `[words](Page-name)`.
`_Sidebar` and `_Footer`, which every page shows, count as pages that link; `exclude` leaves them out.

Of each text its words, diagrams, links, quotations, abbreviations, those that nobody explains (neither
`organisation.glossary` nor a long form in brackets or a link at their first use) and the sources of data
that it names (`organisation.data_sources`) are counted: as it stood two weeks after it was added, and now.

Links to any registered write-up are found in commit messages and in files. A link in a file lives
from the commit that first had it until the first commit of the branch without it; edited, moved and
renamed lines keep it, and what comes back within a day was never gone. Of commits that came in by a
merge, links count from the commit that wrote them, if they stood on the branch after the merge.
Links in messages are for ever; copies by rebase or cherry-pick count once. What comes back after
more than a day is another link. One line, or one message, names a write-up once, however often and in how
many ways it does: the link wins over the key, and the key over the title. A page that links to more than 20
write-ups, or to at least 5 and over half of a team's (of those without a team, too), is a list
(`index_writeups`, `index_team_least` and `index_team_share` of [parameters]).

Where the branch was rewritten, settings, `.gitattributes` or names of write-ups changed, or a shallow
clone was deepened, the whole history is read again, and what it no longer shows is taken back: what
counts is what a first scan would find. Links in commits that the branch no longer leads to are kept,
labelled unreachable. Links made by accounts such as `dependabot[bot]` count as a robot's.

`onboarding`, `runbook`, `docs`, `templates`, `vendored`, `generated` and `exclude` are globs over paths
(`**/` for any folders, `{a,b}` for either; without a slash over file names); giving one replaces its
default, which stands at the end. A page whose front matter has one of `onboarding_fields`, such as `tags: onboarding` or
`audience: new hires`, is onboarding wherever it lies. Excluded by default: data of tests. Links in files that a program wrote or that were copied from
others are kept, labelled and not counted: `linguist-generated` and `linguist-vendored` of
`.gitattributes` decide, then the file's first lines, then `generated` and `vendored`. A line that stands
in one of `templates` (pages that others begin as) is labelled there and where it is copied.
With `titles = true` the title of a write-up, word for word, counts as well, if it has three words.
Files with a mail address in their path, binary files, pointers of Git LFS and files over 2 MiB are
left out and counted, symbolic links and submodules too; they are not followed. A shallow clone begins where its history begins.

`readback links --gone` also looks at what stands on the branch now for names that no write-up has: keys
that fit the `incident_keys` of any source, and links to files that `writeups` would fit, by path or by
address below the `web` of any source. Addresses of a MediaWiki with `prefix` or `titles`, and of the
`spaces` of a Confluence whose pages are all write-ups, are known as what they are, too.

The source cannot see branches other than the one given, nor who read anything.

Defaults:
  onboarding: **/onboarding/**, *onboarding*, **/new-hire*/**, *new-hire*, **/newcomer*/**
  runbook: **/runbook/**, **/runbooks/**, *runbook*, **/playbooks/**/*.md, *playbook*.md
  docs: none; documents are known by how their names end
  templates: *template*.{md,markdown,mdx,rst,adoc,asciidoc,txt,html,org},
    **/templates/**/*.{md,markdown,mdx,rst,adoc,asciidoc,txt,org}, **/*_TEMPLATE/**
  vendored: **/vendor/**, **/vendors/**, **/vendored/**, **/node_modules/**, **/bower_components/**,
    **/third{_,-,}party/**, **/3rd{_,-,}party/**, **/extern/**, **/external/**, **/Godeps/**,
    **/Pods/**, **/Carthage/**, **/.yarn/**, **/dist/**, *.min.{js,css}, gradlew{,.bat}, mvnw{,.cmd}
  generated: *.lock, {package-lock,npm-shrinkwrap}.json, pnpm-lock.yaml, go.sum, *.{js,css}.map,
    *.pb.{go,cc,h,swift}, *_pb2{,_grpc}.py, *_pb.js, *.g.{dart,cs}, *.designer.cs, *.xcodeproj/**,
    **/__generated__/**, zz_generated.*
  exclude: **/testdata/**, **/test_data/**, **/fixtures/**
  onboarding_fields: each of tags, labels, keywords, category, categories, type, audience
    with each of onboarding, new hire, new hires, newcomer, newcomers, new joiners",
    sample: r#"[[source]]
id = "shop"
kind = "git"
path = "/srv/git/shop.git"
web = "https://github.com/example/shop"
writeups = ["postmortems/*.md"]
incident_keys = ["INC-[0-9]+"]
"#,
    pull: Some(build),
    probe: Some(Probe::Both(probe::look)),
    sites: Some(sites),
    links: true,
    ..Kind::NOTHING
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
mod labelled;
#[cfg(test)]
mod naive;
#[cfg(test)]
mod published;
#[cfg(test)]
mod restated;
#[cfg(test)]
mod revised;
#[cfg(test)]
mod tests;
