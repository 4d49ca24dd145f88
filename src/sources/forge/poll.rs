//! What a forge is asked for and when: the lists of a kind, and a pull of the repositories of a source.

use std::collections::BTreeSet;
use std::marker::PhantomData;

use serde_json::Value;
use url::Url;

use crate::model::{Millis, Place, to_rfc3339};
use crate::sources::{Pull, Setting, Sight, Sink, SourceError, decode};

use super::checkpoint::{Checkpoint, Task};
use super::client::{Client, Reply, Stop};
use super::pulled::{concluded, is_too_early, refusal, remembered, written};
use super::run::Run;
use super::{Bots, Dialect, Params, Reader, Text, reader, shown};

/// A forge that can be asked.
pub(in crate::sources) trait Polled: Dialect {
    /// The API that is asked where the parameters name none.
    const API: Option<&'static str>;

    /// How a token is shown, unless a user's name stands before it.
    const SCHEME: &'static str = "Bearer";

    /// The lists of a repository.
    fn lists(api: &Url, repository: &str) -> Vec<List>;

    /// The address of a repository for people, where it can be told from the API's.
    fn home(api: &Url, repository: &str) -> Option<String>;

    /// Where comments stand that are all met in some lists.
    fn places() -> &'static [Covered];

    /// The lists that belong to an object of a list.
    fn below(list: &List, value: &Value, since: Option<Millis>) -> Vec<List>;

    /// Where the API has a text of a list, by its id.
    fn path(list: &List, text: &Text<'_>, value: &Value) -> Option<String>;
}

/// A place of a repository.
pub(in crate::sources) struct Covered {
    /// What its pages' addresses have behind the repository's.
    pub(in crate::sources) folder: &'static str,
    /// The lists that have the comments there.
    pub(in crate::sources) lists: &'static [&'static str],
}

/// A list of objects.
#[derive(Clone)]
pub(in crate::sources) struct List {
    /// Its name in the checkpoint.
    pub(in crate::sources) name: &'static str,
    /// The repository's path in the API.
    pub(in crate::sources) root: String,
    /// Its path in the API.
    pub(in crate::sources) path: String,
    /// What is asked for.
    pub(in crate::sources) query: String,
    /// How it is read.
    pub(in crate::sources) order: Order,
    /// The page for people that its objects belong to.
    pub(in crate::sources) page: Option<String>,
}

/// How a list is read.
#[derive(Clone, Copy)]
pub(in crate::sources) enum Order {
    /// It can be asked for what was changed since a time, and is sorted by that.
    Since(fn(&str) -> String),
    /// It can be asked for what was changed since a time, but has another order.
    Unsorted(fn(&str) -> String),
    /// The newest come last: it is read from the page that was the last one on.
    Growing,
    /// It has no order, and is read whole.
    Whole,
    /// What was changed last comes first: it is read as far as it is new.
    NewestFirst,
    /// It is asked for in GraphQL, what was changed last first, and for tokens alone.
    Graph(&'static Graph),
}

/// What stands before the path of a text that is asked for in GraphQL.
pub(in crate::sources) const NODE: &str = "node:";

/// The parts of an answer, and where the list goes on.
pub(in crate::sources) type Objects = (Vec<Part>, Option<String>);

/// What an answer in GraphQL has in it.
pub(in crate::sources) enum Part {
    /// An object, as REST would write it.
    Object(Value),
    /// A list below one that goes on.
    Below(Task),
}

/// How a list is asked for in GraphQL.
pub(in crate::sources) struct Graph {
    /// Where, by the address of the API.
    pub(in crate::sources) address: fn(&Url) -> String,
    /// The question for a repository by its path.
    pub(in crate::sources) question: fn(&str, &Task) -> Value,
    /// What an answer to it holds, if it has a list.
    pub(in crate::sources) answer: fn(&Value, &Task) -> Option<Objects>,
    /// How many objects are asked for, unless the question says.
    pub(in crate::sources) size: fn(&Task) -> u64,
    /// The question whether an object is there, by what the forge calls it.
    pub(in crate::sources) one: fn(&str) -> Value,
}

impl List {
    /// A list below an object of this one.
    pub(in crate::sources) fn under(
        &self,
        path: String,
        query: &str,
        order: Order,
        page: Option<&str>,
    ) -> List {
        List {
            name: self.name,
            root: self.root.clone(),
            path,
            query: query.to_owned(),
            order,
            page: page.map(str::to_owned),
        }
    }

    pub(super) fn first(&self, client: &Client, since: Option<Millis>) -> String {
        let mut query = self.query.clone();
        if let (Order::Since(write) | Order::Unsorted(write), Some(since)) = (self.order, since) {
            query.push_str(&write(&to_rfc3339(since / 1000 * 1000)));
        }
        client.address(&format!("{}?{query}", self.path))
    }

    /// Whether so many objects fill a page of it.
    pub(super) fn is_full(&self, objects: usize) -> bool {
        let size = self.query.split('&').find_map(|part| {
            let (name, size) = part.split_once('=')?;
            let is_size = matches!(name, "per_page" | "limit" | "pagelen");
            size.parse().ok().filter(|_: &usize| is_size)
        });
        size.is_none_or(|size| objects >= size)
    }
}

/// Builds what pulls a kind.
pub(in crate::sources) fn pull<D: Polled>(
    params: toml::Table,
    setting: &Setting,
) -> Result<Box<dyn Pull>, SourceError> {
    Ok(Box::new(Poll::<D>::new(&decode(params)?, setting)?))
}

/// Asks for one page of each repository, for `readback check`.
pub(in crate::sources) fn look<D: Polled>(
    params: toml::Table,
    setting: &Setting,
) -> Result<Sight, SourceError> {
    let poll = Poll::<D>::new(&decode(params)?, setting)?;
    let (Some(api), false) = (&poll.api, poll.repositories.is_empty()) else {
        return Ok("no repositories are pulled".into());
    };
    let mut client = Client::new(api, poll.authorization.clone(), 0).for_a_look();
    for repository in &poll.repositories {
        let lists = D::lists(api, repository);
        let mut found = false;
        for list in lists
            .iter()
            .filter(|list| !matches!(list.order, Order::Graph(_)))
        {
            let address = list.first(&client, None);
            match client.get(&address, None) {
                Ok(reply) => found |= !matches!(reply, Reply::Gone | Reply::Forbidden),
                Err(Stop::Refused(error, _) | Stop::Failed(error)) => return Err(error),
                Err(Stop::Later(reason, _)) => return Ok(format!("answers, but {reason}").into()),
            }
            if found {
                break;
            }
        }
        if !found {
            return Err(absent(api, repository));
        }
    }
    let count = poll.repositories.len();
    Ok(Sight::answering(&[(count, "repository", "repositories")]))
}

pub(super) fn absent(api: &Url, repository: &str) -> SourceError {
    SourceError::Remote {
        name: shown(api),
        reason: format!(
            "the repository {repository:?} is not there, or not for the token of token_file"
        ),
        retryable: false,
    }
}

/// The same without what is named twice: its second state would replace its first.
fn each_once(names: &[String]) -> Vec<String> {
    let mut known = BTreeSet::new();
    let names = names.iter().filter(|name| known.insert(name.as_str()));
    names.cloned().collect()
}

/// The repositories in their order, from this one on.
fn turned<'n>(names: &'n [String], first: Option<&str>) -> Vec<&'n String> {
    let first = names.iter().position(|name| Some(name.as_str()) == first);
    let (before, from) = names.split_at(first.unwrap_or(0));
    from.iter().chain(before).collect()
}

struct Poll<D> {
    api: Option<Url>,
    authorization: Option<String>,
    repositories: Vec<String>,
    reader: Reader,
    setting: Setting,
    dialect: PhantomData<D>,
}

impl<D: Polled> Poll<D> {
    fn new(params: &Params, setting: &Setting) -> Result<Poll<D>, SourceError> {
        let given = params.api.as_deref().or(D::API);
        let api = given.map(|api| params.api_of(api)).transpose()?;
        if api.is_none() && !params.repositories.is_empty() {
            return Err(SourceError::Params(
                "repositories are pulled from an API; give its address as api".to_owned(),
            ));
        }
        Ok(Poll {
            api,
            authorization: params.authorization(D::SCHEME)?,
            repositories: each_once(&params.repositories),
            reader: reader(setting, Place::Ticket),
            setting: setting.clone(),
            dialect: PhantomData,
        })
    }
}

impl<D: Polled> Pull for Poll<D> {
    fn pull(
        &mut self,
        checkpoint: Option<&str>,
        now: Millis,
        sink: &mut dyn Sink,
    ) -> Result<String, SourceError> {
        let (Some(api), false) = (&self.api, self.repositories.is_empty()) else {
            // It only takes deliveries.
            return Ok(checkpoint.unwrap_or_default().to_owned());
        };
        let mut state: Checkpoint = remembered(checkpoint, sink);
        if is_too_early(state.not_before.take(), now, "the forge", sink) {
            return Ok(checkpoint.unwrap_or_default().to_owned());
        }
        state.know(&self.setting, now);
        let mut known = std::mem::take(&mut state.repositories);
        let mut run = Run::<D> {
            api,
            client: Client::new(api, self.authorization.clone(), now),
            reader: &self.reader,
            bots: Bots::default(),
            now,
            got: false,
            absent: None,
            owed: None,
            is_again: false,
            refused: None,
            left_out: None,
            sink,
            dialect: PhantomData,
        };
        let mut ended = Ok(());
        let names = turned(&self.repositories, state.turn.take().as_deref());
        for (place, name) in names.iter().enumerate() {
            let mut repository = known.remove(*name).unwrap_or_default();
            if ended.is_ok() {
                ended = run.repository(name, &mut repository);
                run.cover(name, &mut repository);
                if ended.is_err() {
                    // One that takes a whole pull for itself lets the next one go first.
                    let turn = if place == 0 { names.get(1) } else { Some(name) };
                    state.turn = turn.map(|name| (*name).clone());
                }
            }
            state.repositories.insert((*name).clone(), repository);
        }
        run.cover_links(&self.repositories, &mut state);
        let (got, bots, absent, left_out) = (run.got, run.bots, run.absent, run.left_out);
        bots.tell("pull", sink);
        let absent = match (&ended, got, absent) {
            (Ok(()), false, Some(error)) => return Err(error),
            (_, _, absent) => absent,
        };
        let part = absent.map(|error| error.to_string()).or(left_out);
        state.refused = refusal(&ended).or(part);
        state.not_before = concluded(ended, got, sink)?;
        written(&state)
    }
}
