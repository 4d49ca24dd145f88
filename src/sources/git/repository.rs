//! The repository as the walk needs it: its new commits in order, what each changed, file contents,
//! and who is behind an address.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use gix::ObjectId;
use gix::bstr::ByteSlice;

use crate::model::{Identity, Millis};
use crate::sources::SourceError;

use super::header::Header;
use super::remote;

/// Larger files are left out: generated or data.
pub(super) const MAX_BLOB: u64 = 2 * 1024 * 1024;

/// Cache for trees that neighbouring commits share, bytes.
const OBJECT_CACHE: usize = 16 * 1024 * 1024;

/// Branches that are named where the one looked for is not there.
const SHOWN: usize = 5;

/// Cache for objects that others are built upon, of each thread, as a setting of git's.
const DELTA_CACHE: &str = "core.deltaBaseCacheLimit=64m";

/// Why a repository can't be read whose branches stand in another form.
const REFTABLE: &str = "keeps its branches in a reftable, which is not read yet; \
    `git refs migrate --ref-format=files` in it (git 2.48 or newer) converts it, and git goes on as before";

/// An open repository.
pub(super) struct Repository {
    pub(super) inner: gix::Repository,
    mailmap: gix::mailmap::Snapshot,
    name: String,
    /// The commits whose parents a shallow clone lacks; empty where history is whole.
    edge: HashSet<ObjectId>,
}

/// What the walk knows of a commit.
pub(super) struct Commit {
    /// Its id.
    pub(super) id: ObjectId,
    /// Its tree.
    pub(super) tree: ObjectId,
    /// When it came to be as it is.
    pub(super) committed: Millis,
    /// When the change was first made; a rebase keeps it.
    pub(super) authored: Millis,
    /// The author's address after `.mailmap`, as bytes of the commit.
    pub(super) author: Option<Identity>,
    /// Whether the author calls itself a bot, as accounts of GitHub's apps do.
    pub(super) by_bot: bool,
    /// Whether a shallow clone ends here: all that it holds came with commits that nobody sees.
    pub(super) at_edge: bool,
    /// The message.
    pub(super) message: Vec<u8>,
}

impl Commit {
    /// The first twelve digits of the id.
    pub(super) fn short(&self) -> String {
        short(&self.id)
    }
}

fn short(id: &ObjectId) -> String {
    id.to_hex_with_len(12).to_string()
}

/// The commits that a walk has to visit.
pub(super) struct Range {
    /// First parents from the last visited commit (or the root) to the head, oldest first.
    pub(super) mainline: Vec<ObjectId>,
    /// Parents of every new commit that are new themselves.
    parents: HashMap<ObjectId, Vec<ObjectId>>,
    taken: HashSet<ObjectId>,
}

impl Range {
    /// All new commits.
    pub(super) fn len(&self) -> usize {
        self.parents.len()
    }

    /// All new commits, as evidence names them ([`Commit::short`]).
    pub(super) fn shorts(&self) -> HashSet<String> {
        self.parents.keys().map(short).collect()
    }

    /// Forgets which commits were handed out, for another walk.
    pub(super) fn rewind(&mut self) {
        self.taken.clear();
    }

    /// The commits that came to the branch with this one, ancestors first, itself last. Each commit
    /// of the range comes once.
    pub(super) fn arrived_with(&mut self, commit: ObjectId) -> Vec<ObjectId> {
        let mut arrived = Vec::new();
        // (commit, whether its parents are done), so that deep histories need no deep stack.
        let mut stack = vec![(commit, false)];
        while let Some((id, done)) = stack.pop() {
            if done {
                arrived.push(id);
                continue;
            }
            let Some(parents) = self.parents.get(&id) else {
                continue;
            };
            if self.taken.insert(id) {
                stack.push((id, true));
                stack.extend(parents.iter().rev().map(|parent| (*parent, false)));
            }
        }
        arrived
    }
}

impl Repository {
    /// Opens a bare or ordinary repository; reads no configuration but its own.
    pub(super) fn open(path: &Path, name: &str) -> Result<Repository, SourceError> {
        let failed = |reason: String| SourceError::Format {
            name: path.display().to_string(),
            reason,
        };
        if ["reftable", ".git/reftable"]
            .iter()
            .any(|table| path.join(table).is_dir())
        {
            return Err(failed(REFTABLE.to_owned()));
        }
        let options = gix::open::Options::isolated().config_overrides([DELTA_CACHE]);
        let mut inner = gix::open_opts(path, options)
            .map_err(|error| failed(format!("is no git repository that can be read: {error}")))?;
        // A worktree of such a repository.
        if inner.common_dir().join("reftable").is_dir() {
            return Err(failed(REFTABLE.to_owned()));
        }
        inner.object_cache_size(OBJECT_CACHE);
        let mailmap = inner.open_mailmap();
        let edge = inner
            .shallow_commits()
            .map_err(|error| failed(format!("its edge cannot be read: {error}")))?;
        let edge = edge.iter().flat_map(|commits| commits.iter()).copied();
        Ok(Repository {
            edge: edge.collect(),
            inner,
            mailmap,
            name: name.to_owned(),
        })
    }

    /// The same for another thread.
    pub(super) fn again(&self) -> Repository {
        let mut inner = self.inner.clone();
        inner.object_cache_size(OBJECT_CACHE);
        Repository {
            inner,
            mailmap: self.mailmap.clone(),
            name: self.name.clone(),
            edge: self.edge.clone(),
        }
    }

    /// Whether trees are read next, or contents, which nobody asks for again.
    pub(super) fn reads_trees(&mut self, trees: bool) {
        self.inner.object_cache_size(trees.then_some(OBJECT_CACHE));
    }

    /// The head of the branch; `None` where there is no commit yet.
    ///
    /// # Errors
    /// There is no such branch; or HEAD names one that is not there while others are: an empty history
    /// is something else.
    pub(super) fn head(&self, branch: Option<&str>) -> Result<Option<ObjectId>, SourceError> {
        let Some(branch) = branch else {
            let head = self.inner.head().map_err(|e| self.failed(e))?;
            if head.is_unborn() {
                return match self.branches()?.is_empty() {
                    true => Ok(None),
                    false => Err(self.without_head()),
                };
            }
            return self
                .inner
                .head_id()
                .map(|id| Some(id.detach()))
                .map_err(|e| self.failed(e));
        };
        let id = self
            .inner
            .rev_parse_single(branch)
            .map_err(|_| SourceError::Format {
                name: self.name.clone(),
                reason: format!(
                    "has no branch {branch:?}; leave branch out for the one that HEAD names"
                ),
            })?;
        Ok(Some(id.detach()))
    }

    /// What is said where HEAD names a branch that is not there.
    pub(super) fn without_head(&self) -> SourceError {
        let head = self.branch_name(None);
        let head = head.as_deref().unwrap_or("a branch");
        let branches = self.branches().unwrap_or_default();
        let shown: Vec<&str> = branches.iter().take(SHOWN).map(String::as_str).collect();
        let advice = match (shown.is_empty(), branches.len() > SHOWN) {
            (true, _) => ", and neither is any other branch".to_owned(),
            (_, false) => format!(" (there are: {}); set `branch`", shown.join(", ")),
            (_, true) => format!(" (there are: {}, …); set `branch`", shown.join(", ")),
        };
        SourceError::Format {
            name: self.name.clone(),
            reason: format!("HEAD names {head}, which is not there{advice}"),
        }
    }

    /// The files of a commit, by path.
    pub(super) fn files(&self, commit: ObjectId) -> Result<Vec<(String, ObjectId)>, SourceError> {
        let tree = self.inner.find_tree(self.commit(commit)?.tree);
        let tree = tree.map_err(|e| self.failed(e))?;
        let files = tree.traverse().breadthfirst.files();
        let files = files.map_err(|e| self.failed(e))?.into_iter();
        let files = files.filter(|file| file.mode.is_blob());
        Ok(files
            .map(|file| (file.filepath.to_string(), file.oid))
            .collect())
    }

    /// The branches that are there, by name.
    fn branches(&self) -> Result<Vec<String>, SourceError> {
        let references = self.inner.references().map_err(|e| self.failed(e))?;
        let branches = references.local_branches().map_err(|e| self.failed(e))?;
        let names = branches.filter_map(Result::ok);
        Ok(names
            .map(|branch| branch.name().shorten().to_string())
            .collect())
    }

    /// The branch's short name, for addresses at a forge.
    pub(super) fn branch_name(&self, branch: Option<&str>) -> Option<String> {
        match branch {
            Some(branch) => Some(branch.trim_start_matches("refs/heads/").to_owned()),
            None => Some(self.inner.head_name().ok()??.shorten().to_string()),
        }
    }

    /// The page on the web that the remote `origin` stands for, if it stands for one.
    pub(super) fn web(&self) -> Option<String> {
        let url = self.inner.config_snapshot().string("remote.origin.url")?;
        remote::web(&url.to_str_lossy())
    }

    /// Whether history before some commit is missing.
    pub(super) fn is_shallow(&self) -> bool {
        self.inner.is_shallow().unwrap_or(false)
    }

    /// The commits whose parents a shallow clone lacks, in an order of their own.
    pub(super) fn edge(&self) -> Vec<String> {
        let mut edge: Vec<String> = self.edge.iter().map(ToString::to_string).collect();
        edge.sort_unstable();
        edge
    }

    /// What is new since `since`; `None` if `since` is no earlier state of this branch.
    pub(super) fn range(
        &self,
        head: ObjectId,
        since: Option<ObjectId>,
    ) -> Result<Option<Range>, SourceError> {
        if since.is_some_and(|since| !self.inner.has_object(since)) {
            return Ok(None);
        }
        // The library is quick and strict; one odd commit must not end the walk.
        let parents = match self.strictly(head, since) {
            Ok(parents) => parents,
            Err(_) => self.leniently(head, since)?,
        };
        let mut mainline = Vec::new();
        let mut next = Some(head);
        while let Some(id) = next.filter(|id| Some(*id) != since) {
            let Some(of) = parents.get(&id) else {
                // A parent that a shallow clone does not have, or one hidden behind `since`.
                if since.is_some() {
                    return Ok(None);
                }
                break;
            };
            mainline.push(id);
            next = of.first().copied();
        }
        if since.is_some() && next != since {
            return Ok(None);
        }
        mainline.reverse();
        Ok(Some(Range {
            mainline,
            parents,
            taken: HashSet::new(),
        }))
    }

    /// Commits that `head` has and `since` has not, with their parents.
    fn strictly(
        &self,
        head: ObjectId,
        since: Option<ObjectId>,
    ) -> Result<HashMap<ObjectId, Vec<ObjectId>>, SourceError> {
        let walk = self.inner.rev_walk([head]).with_hidden(since).all();
        let mut parents = HashMap::new();
        for info in walk.map_err(|e| self.failed(e))? {
            let info = info.map_err(|e| self.failed(e))?;
            parents.insert(info.id, info.parent_ids.to_vec());
        }
        Ok(parents)
    }

    /// The same by the lines of parents alone.
    fn leniently(
        &self,
        head: ObjectId,
        since: Option<ObjectId>,
    ) -> Result<HashMap<ObjectId, Vec<ObjectId>>, SourceError> {
        let mut old = HashMap::new();
        if let Some(tip) = since {
            self.ancestors(tip, &HashMap::new(), &mut old)?;
        }
        let mut parents = HashMap::new();
        self.ancestors(head, &old, &mut parents)?;
        Ok(parents)
    }

    fn ancestors(
        &self,
        tip: ObjectId,
        hidden: &HashMap<ObjectId, Vec<ObjectId>>,
        parents: &mut HashMap<ObjectId, Vec<ObjectId>>,
    ) -> Result<(), SourceError> {
        let shallow = self.is_shallow();
        let mut open = vec![tip];
        while let Some(id) = open.pop() {
            if hidden.contains_key(&id) || parents.contains_key(&id) {
                continue;
            }
            let commit = self.find(id)?;
            let of: Vec<ObjectId> = Header::read(&commit.data)
                .parents()
                .filter(|parent| !shallow || self.inner.has_object(*parent))
                .collect();
            open.extend(&of);
            parents.insert(id, of);
        }
        Ok(())
    }

    /// A commit.
    pub(super) fn commit(&self, id: ObjectId) -> Result<Commit, SourceError> {
        let commit = self.find(id)?;
        let header = Header::read(&commit.data);
        let (name, address) = header.author();
        let resolved = self.mailmap.resolve(gix::actor::SignatureRef {
            name: name.as_bstr(),
            email: address.as_bstr(),
            time: "",
        });
        let committed = match header.committed() {
            Some(seconds) => seconds,
            None => self.before(&commit)?,
        };
        Ok(Commit {
            id,
            tree: commit.tree_id().map_err(|e| self.failed(e))?.detach(),
            committed: millis(committed),
            authored: millis(header.authored().unwrap_or(committed)),
            author: identity(&resolved.email.to_str_lossy()),
            by_bot: [name, address, &resolved.email[..]].into_iter().any(is_bot),
            at_edge: self.edge.contains(&id),
            message: commit.message_raw_sloppy().to_vec(),
        })
    }

    /// The time of the nearest first parent that has one, for a commit that has none.
    fn before(&self, commit: &gix::Commit<'_>) -> Result<i64, SourceError> {
        let mut next = Header::read(&commit.data).parents().next();
        while let Some(id) = next.filter(|id| self.inner.has_object(id)) {
            let parent = self.find(id)?;
            let header = Header::read(&parent.data);
            if let Some(seconds) = header.committed() {
                return Ok(seconds);
            }
            next = header.parents().next();
        }
        Ok(0)
    }

    fn find(&self, id: ObjectId) -> Result<gix::Commit<'_>, SourceError> {
        self.inner
            .find_commit(id)
            .map_err(|e| self.failed(format!("commit {id}: {e}")))
    }

    /// The tree of the first parent; `None` for a root and at the edge of a shallow clone.
    pub(super) fn parent_tree(&self, id: ObjectId) -> Result<Option<ObjectId>, SourceError> {
        let commit = self.find(id)?;
        let Some(parent) = Header::read(&commit.data).parents().next() else {
            return Ok(None);
        };
        if self.is_shallow() && !self.inner.has_object(parent) {
            return Ok(None);
        }
        let parent = self.find(parent)?;
        parent
            .tree_id()
            .map(|id| Some(id.detach()))
            .map_err(|e| self.failed(e))
    }

    /// Whether a commit has several parents.
    pub(super) fn is_merge(&self, id: ObjectId) -> Result<bool, SourceError> {
        let commit = self.find(id)?;
        Ok(Header::read(&commit.data).parents().nth(1).is_some())
    }

    /// The size of a file's content.
    pub(super) fn size(&self, blob: ObjectId) -> Result<u64, SourceError> {
        self.inner
            .find_header(blob)
            .map(|header| header.size())
            .map_err(|e| self.failed(e))
    }

    /// A file's content.
    pub(super) fn content(&self, blob: ObjectId) -> Result<Vec<u8>, SourceError> {
        let mut blob = self.inner.find_blob(blob).map_err(|e| self.failed(e))?;
        Ok(blob.take_data())
    }

    /// An error of the object store. Its text can hold no identity: it speaks of object ids.
    pub(super) fn failed(&self, error: impl std::fmt::Display) -> SourceError {
        let hint = if self.is_partial() {
            "; it is a partial clone, and `git fetch --refetch --no-filter` brings what it left out"
        } else {
            ""
        };
        SourceError::Format {
            name: self.name.clone(),
            reason: format!("the repository cannot be read: {error}{hint}"),
        }
    }

    /// Whether it was cloned with a filter, and lacks what its remote promised to bring later.
    fn is_partial(&self) -> bool {
        let config = self.inner.config_snapshot();
        config.string("extensions.partialClone").is_some()
            || config.boolean("remote.origin.promisor") == Some(true)
    }
}

/// An address of a commit's author as an identity, if there is one.
pub(super) fn identity(address: &str) -> Option<Identity> {
    let address = address.trim();
    match address {
        "" => None,
        _ if address.contains('@') => Some(Identity::bare(address)),
        _ => Some(Identity::of_source("git", "account", address)),
    }
}

/// `dependabot[bot]`, as a name or before the `@` of an address.
fn is_bot(name: &[u8]) -> bool {
    let account = name.split(|byte| *byte == b'@').next().unwrap_or(name);
    account.trim_ascii().ends_with(b"[bot]")
}

/// Seconds of a commit as an instant the store can hold; commits may claim any year.
fn millis(seconds: i64) -> Millis {
    const FIRST: i64 = -2_208_988_800;
    const LAST: i64 = 10_413_791_999;
    seconds.clamp(FIRST, LAST) * 1000
}
