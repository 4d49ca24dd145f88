//! A clone of a repository that lies elsewhere, made and kept up to date with git's own program: it
//! knows every transport, the user's agent and proxies, and both kinds of object names.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::sources::{LOOK, SourceError};

use super::within::within;

/// Where a repository is cloned from.
#[derive(Clone, Debug)]
pub(super) struct Remote {
    url: String,
    /// The file with the token, read anew each time.
    token_file: Option<PathBuf>,
    user: Option<String>,
}

/// What git may speak. `ext::` would run commands.
const PROTOCOLS: &str = "https:http:ssh:file";

/// How git puts it that a server wants a login, or another one.
const REFUSED: [&str; 4] = [
    "could not read Username",
    "could not read Password",
    "Authentication failed",
    "returned error: 401",
];

/// How long a server may take to say what it has.
const ANSWER: Duration = LOOK;

/// Settings of git's: a key without a passphrase in the agent or none; a line that is dead ends.
const SETTINGS: [(&str, &str); 3] = [
    (
        "core.sshCommand",
        "ssh -o BatchMode=yes -o ConnectTimeout=30 -o ServerAliveInterval=15",
    ),
    ("http.lowSpeedLimit", "500"),
    ("http.lowSpeedTime", "60"),
];

impl Remote {
    /// Checks the parameters `url`, `token_file` and `token_user`.
    pub(super) fn new(
        url: String,
        token_file: Option<PathBuf>,
        user: Option<String>,
    ) -> Result<Remote, SourceError> {
        let wrong = |reason: &str| Err(SourceError::Params(format!("url {reason}")));
        let server = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
        let server = server.split('/').next().unwrap_or_default();
        let login = server.split_once('@').map(|(login, _)| login);
        if login.is_some_and(|login| login.contains(':')) {
            return wrong("may not hold a password; ssh asks your agent, https wants a token_file");
        }
        match url.split_once("://") {
            Some(("http" | "https", rest)) => {
                let host = rest.split('/').next().unwrap_or_default();
                if host.contains('@') {
                    return wrong("may not hold a user or a token; put the token into token_file");
                }
                let here = ["127.0.0.1", "localhost", "[::1]"];
                let is_here = here
                    .iter()
                    .any(|name| host.split_once(':').map_or(host, |h| h.0) == *name);
                if rest.contains(['?', '#']) {
                    return wrong("may not hold a query; put the token into token_file");
                }
                if token_file.is_some() && url.starts_with("http:") && !is_here {
                    return wrong(
                        "begins with http, and a token is not sent in the clear; https is valid",
                    );
                }
            }
            _ if token_file.is_some() => {
                return wrong(
                    "is not one of https, and token_file is for https alone; ssh asks your agent",
                );
            }
            Some(("ssh" | "file", _)) => {}
            Some((scheme, _)) => {
                return wrong(&format!(
                    "begins with {scheme:?}; valid are https, ssh and file"
                ));
            }
            // `host:path` of ssh, or a folder.
            None if url.starts_with('-') || url.contains("::") || url.trim().is_empty() => {
                return wrong(
                    "is no address of a repository, such as https://github.com/example/shop",
                );
            }
            None => {}
        }
        Ok(Remote {
            url,
            token_file,
            user,
        })
    }

    /// The repository's name: the last part of its address.
    pub(super) fn name(&self) -> Option<String> {
        let path = self.url.trim_end_matches('/');
        let name = path.rsplit(['/', ':']).next()?;
        let name = name.strip_suffix(".git").unwrap_or(name);
        (!name.is_empty()).then(|| name.to_owned())
    }

    /// The address.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Clones into this folder, or brings the clone in it up to date. A clone that was cut off leaves
    /// nothing behind that a later one would take for whole.
    pub(super) fn bring(&self, folder: &Path) -> Result<(), SourceError> {
        // Without a slash at its end, behind which a half clone would lie inside.
        let folder: &Path = &folder.components().collect::<PathBuf>();
        if self.is_new(folder)? {
            return self.clone_into(folder);
        }
        // Branches that are gone go, and one that was rewritten is what it is now.
        let all = "+refs/heads/*:refs/heads/*";
        self.git(
            Some(folder),
            &[
                "fetch",
                "--quiet",
                "--prune",
                "--no-tags",
                "--no-write-fetch-head",
                "origin",
                all,
            ],
        )?;
        self.follow_head(folder)
    }

    /// Whether the folder waits for its first clone. What it holds has to be one of this address.
    pub(super) fn is_new(&self, folder: &Path) -> Result<bool, SourceError> {
        let is_new = match fs::read_dir(folder) {
            Ok(mut entries) => entries.next().is_none(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => true,
            Err(cause) => return Err(io(folder, cause)),
        };
        if is_new {
            return Ok(true);
        }
        // It fails where nothing is set.
        let origin = self.git(Some(folder), &["config", "--get", "remote.origin.url"]);
        if origin.map_or(true, |origin| origin.trim() != self.url) {
            return Err(SourceError::Format {
                name: folder.display().to_string(),
                reason: format!(
                    "holds a repository that was not cloned from {}; name another path, an empty folder is valid",
                    self.url
                ),
            });
        }
        Ok(false)
    }

    /// Whether the token can be read, where one is needed.
    pub(super) fn has_token(&self) -> Result<(), SourceError> {
        self.header().map(drop)
    }

    /// Asks the server for the branch, without fetching anything; says what it answered.
    pub(super) fn ask(&self, branch: Option<&str>) -> Result<String, SourceError> {
        let named = branch.map(|branch| match branch.starts_with("refs/") {
            true => branch.to_owned(),
            false => format!("refs/heads/{branch}"),
        });
        let wanted = named.as_deref().unwrap_or("HEAD");
        let mut command = self.command(None, &["ls-remote", "--", &self.url, wanted])?;
        let output = within(&mut command, ANSWER).map_err(|error| self.no_git(&error))?;
        let output = output.ok_or_else(|| {
            let seconds = ANSWER.as_secs();
            self.remote(&format!("does not answer within {seconds} seconds"))
        })?;
        if !output.status.success() {
            return Err(self.failed("ls-remote", &output));
        }
        let text = String::from_utf8_lossy(&output.stdout);
        match (text.get(..12), branch) {
            (Some(id), _) => Ok(format!("answers, at {id}")),
            (None, None) => Ok("answers and has no commits yet".to_owned()),
            (None, Some(branch)) => Err(SourceError::Format {
                name: self.url.clone(),
                reason: format!(
                    "has no branch {branch:?}; leave branch out for the one that HEAD names"
                ),
            }),
        }
    }

    fn clone_into(&self, folder: &Path) -> Result<(), SourceError> {
        let mut half = folder.as_os_str().to_owned();
        half.push(".part");
        let half = PathBuf::from(half);
        if half.exists() {
            fs::remove_dir_all(&half).map_err(|cause| io(&half, cause))?;
        }
        if let Some(parent) = folder.parent() {
            fs::create_dir_all(parent).map_err(|cause| io(parent, cause))?;
        }
        let half_name = half.to_string_lossy().into_owned();
        self.git(
            None,
            &[
                "clone",
                "--quiet",
                "--bare",
                "--no-tags",
                "--",
                &self.url,
                &half_name,
            ],
        )?;
        // Git writes a folder as it sees it; the next fetch asks for the address that was given.
        self.git(Some(&half), &["config", "remote.origin.url", &self.url])?;
        fs::rename(&half, folder).map_err(|cause| io(folder, cause))
    }

    /// The default branch can get another name.
    fn follow_head(&self, folder: &Path) -> Result<(), SourceError> {
        let said = self.git(Some(folder), &["ls-remote", "--symref", "origin", "HEAD"])?;
        let head = said
            .lines()
            .find_map(|line| line.strip_prefix("ref: ")?.strip_suffix("\tHEAD"));
        if let Some(head) = head {
            self.git(Some(folder), &["symbolic-ref", "HEAD", head])?;
        }
        Ok(())
    }

    fn git(&self, folder: Option<&Path>, arguments: &[&str]) -> Result<String, SourceError> {
        let output = self.command(folder, arguments)?.output();
        let output = output.map_err(|error| self.no_git(&error))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(self.failed(arguments[0], &output))
    }

    /// What git did not do, and why.
    fn failed(&self, command: &str, output: &Output) -> SourceError {
        let said = said(output);
        // A server that wants another login answers 401, and git would ask for one.
        let is_refused = REFUSED.iter().any(|words| said.contains(words));
        self.remote(&match (is_refused, &self.token_file) {
            (true, Some(file)) => format!(
                "refuses access with the token: check token_file {} (git {command}: {said})",
                file.display()
            ),
            (true, None) if self.url.starts_with("http") => {
                format!("wants a login: set token_file (git {command}: {said})")
            }
            _ => format!("git {command} failed: {said}"),
        })
    }

    /// Git with these arguments: it asks nobody for anything.
    fn command(&self, folder: Option<&Path>, arguments: &[&str]) -> Result<Command, SourceError> {
        let mut command = Command::new("git");
        if let Some(folder) = folder {
            command.arg("--git-dir").arg(folder);
        }
        command
            .args(arguments)
            .stdin(Stdio::null())
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_ALLOW_PROTOCOL", PROTOCOLS)
            // Whatever the user's default is: other forms can't be read. Older programs know one form.
            .env("GIT_DEFAULT_REF_FORMAT", "files")
            .env("LC_ALL", "C");
        let mut settings: Vec<(String, String)> = SETTINGS
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        if let Some(header) = self.header()? {
            settings.push(header);
            // A server that sends the request elsewhere would pass the token on.
            settings.push(("http.followRedirects".to_owned(), "false".to_owned()));
        }
        // By the environment: arguments can be read by everybody on this machine.
        command.env("GIT_CONFIG_COUNT", settings.len().to_string());
        for (number, (name, value)) in settings.iter().enumerate() {
            command.env(format!("GIT_CONFIG_KEY_{number}"), name);
            command.env(format!("GIT_CONFIG_VALUE_{number}"), value);
        }
        Ok(command)
    }

    fn no_git(&self, error: &std::io::Error) -> SourceError {
        self.remote(&match error.kind() {
            std::io::ErrorKind::NotFound => {
                "needs the program git, which is not installed; or clone it yourself and leave url out".to_owned()
            }
            _ => format!("git does not run: {error}"),
        })
    }

    /// The header that carries the token, for this server alone.
    fn header(&self) -> Result<Option<(String, String)>, SourceError> {
        let Some(file) = &self.token_file else {
            return Ok(None);
        };
        let token = fs::read_to_string(file).map_err(|cause| io(file, cause))?;
        let token = token.trim();
        if token.is_empty() || token.contains(char::is_whitespace) {
            return Err(SourceError::Params(format!(
                "token_file {} holds no token: one word is valid",
                file.display()
            )));
        }
        let (scheme, rest) = self.url.split_once("://").unwrap_or_default();
        let host = rest.split('/').next().unwrap_or_default();
        let user = self.user.as_deref().unwrap_or(match host {
            host if host.contains("gitlab") => "oauth2",
            host if host.contains("bitbucket") => "x-token-auth",
            _ => "x-access-token",
        });
        let secret = STANDARD.encode(format!("{user}:{token}"));
        Ok(Some((
            format!("http.{scheme}://{host}/.extraHeader"),
            format!("Authorization: Basic {secret}"),
        )))
    }

    fn remote(&self, reason: &str) -> SourceError {
        SourceError::Remote {
            name: self.url.clone(),
            reason: reason.to_owned(),
            retryable: true,
        }
    }
}

/// What git said, in one line.
fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    match lines[..] {
        [] => output.status.to_string(),
        _ => lines.join("; "),
    }
}

fn io(path: &Path, cause: std::io::Error) -> SourceError {
    SourceError::Io {
        name: path.display().to_string(),
        cause,
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    use std::net::TcpListener;

    use super::super::tests::Fixture;
    use super::*;

    fn remote(url: &str, token: Option<&Path>) -> Result<Remote, String> {
        Remote::new(url.to_owned(), token.map(Path::to_owned), None).map_err(|e| e.to_string())
    }

    #[test]
    fn addresses_are_checked() {
        let token = Path::new("/run/secrets/token");
        for (url, token, name) in [
            ("https://github.com/example/shop", Some(token), "shop"),
            ("https://github.com/example/shop.git/", None, "shop"),
            ("git@github.com:example/shop.git", None, "shop"),
            ("ssh://git@git.example.org:2222/example/shop", None, "shop"),
            ("/srv/git/shop.git", None, "shop"),
        ] {
            let remote = remote(url, token).expect(url);
            assert_eq!(remote.name().as_deref(), Some(name), "{url}");
        }
        for (url, token, reason) in [
            ("https://ada:secret@github.com/a/b", None, "token_file"),
            ("http://git.example.org/a/b", Some(token), "in the clear"),
            ("git@github.com:a/b.git", Some(token), "https alone"),
            (
                "ssh://git:secret@git.example.org/a",
                None,
                "may not hold a password",
            ),
            (
                "git:secret@git.example.org:a",
                None,
                "may not hold a password",
            ),
            (
                "https://git.example.org/a?private_token=x",
                None,
                "may not hold a query",
            ),
            ("ext::sh -c id", None, "no address"),
            ("-u", None, "no address"),
            ("ftp://git.example.org/a", None, "\"ftp\""),
        ] {
            let refused = remote(url, token).expect_err(url);
            assert!(
                refused.contains(reason) && !refused.contains("secret"),
                "{refused}"
            );
        }
    }

    #[test]
    fn a_clone_is_kept_up_to_date() {
        let mut origin = Fixture::new();
        origin.write("a.txt", "INC-1\n");
        origin.commit_after(60, "First");
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("deep/shop.git");
        let from = remote(&origin.path().display().to_string(), None).expect("an address");
        let head = || {
            let head = fs::read_to_string(path.join("HEAD")).expect("a head");
            (
                head,
                from.git(Some(&path), &["rev-parse", "HEAD"])
                    .expect("a commit"),
            )
        };
        from.bring(&path).expect("a clone");
        let first = head();
        assert!(first.0.contains("main"));
        origin.commit_after(60, "Second");
        from.bring(&path).expect("fetched");
        assert_ne!(head().1, first.1);
        // Rewritten, and under another name.
        origin.git(&["reset", "-q", "--hard", "HEAD~1"]);
        origin.git(&["branch", "-m", "main", "trunk"]);
        from.bring(&path).expect("fetched");
        assert_eq!(head(), ("ref: refs/heads/trunk\n".to_owned(), first.1));
        // What was cut off is begun anew; what is somebody else's is left alone.
        let other = folder.path().join("other.git");
        fs::create_dir_all(folder.path().join("other.git.part/objects")).expect("a folder");
        from.bring(&other).expect("a clone");
        let elsewhere = remote("/srv/nowhere.git", None).expect("an address");
        let refused = elsewhere
            .bring(&other)
            .expect_err("another one")
            .to_string();
        assert!(
            refused.contains("not cloned from /srv/nowhere.git"),
            "{refused}"
        );
        origin.git(&[
            "init",
            "-q",
            "--bare",
            &folder.path().join("bare.git").display().to_string(),
        ]);
        let refused = from
            .bring(&folder.path().join("bare.git"))
            .expect_err("of nobody");
        assert!(refused.to_string().contains("not cloned from"), "{refused}");
        let missing = elsewhere
            .bring(&folder.path().join("new.git"))
            .expect_err("not there");
        assert!(
            missing.to_string().contains("git clone failed"),
            "{missing}"
        );
    }

    /// A server of files that asks for a token.
    fn serve(root: PathBuf, expected: String) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { continue };
                let mut reader = BufReader::new(stream.try_clone().expect("a stream"));
                let (mut path, mut allowed, mut line) = (String::new(), false, String::new());
                while reader.read_line(&mut line).is_ok_and(|n| n > 2) {
                    if let Some(rest) = line.strip_prefix("GET ") {
                        rest.split([' ', '?'])
                            .next()
                            .unwrap_or("")
                            .clone_into(&mut path);
                    }
                    allowed |= line.trim() == expected;
                    line.clear();
                }
                let mut body = Vec::new();
                let file = fs::File::open(root.join(path.trim_start_matches('/')));
                let read = file.and_then(|mut file| file.read_to_end(&mut body));
                let status = match (allowed, read) {
                    (false, _) => "401 Unauthorized",
                    (true, Ok(_)) => "200 OK",
                    (true, Err(_)) => "404 Not Found",
                };
                if !allowed {
                    body.clear();
                }
                let head = format!(
                    "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                    body.len()
                );
                // A client that left has its answer already.
                let _ = stream
                    .write_all(head.as_bytes())
                    .and_then(|()| stream.write_all(&body));
            }
        });
        port
    }

    #[test]
    fn a_token_opens_a_server() {
        let mut origin = Fixture::new();
        origin.write("a.txt", "INC-1\n");
        origin.commit_after(60, "First");
        origin.git(&["update-server-info"]);
        let secret = STANDARD.encode("x-access-token:s3cr3t-word");
        let port = serve(
            origin.path().join(".git"),
            format!("Authorization: Basic {secret}"),
        );
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("http://127.0.0.1:{port}");
        let refused = remote(&url, None)
            .expect("an address")
            .bring(&folder.path().join("a.git"));
        assert!(refused.is_err());
        let token = folder.path().join("token");
        fs::write(&token, "s3cr3t-word\n").expect("a file");
        let with = remote(&url, Some(&token)).expect("an address");
        with.bring(&folder.path().join("b.git")).expect("a clone");
        let config = fs::read_to_string(folder.path().join("b.git/config")).expect("a file");
        assert!(
            !config.contains(&secret) && !config.contains("s3cr3t"),
            "{config}"
        );
        fs::write(&token, "wrong\n").expect("a file");
        let refused = with
            .bring(&folder.path().join("c.git"))
            .expect_err("a wrong token");
        assert!(!refused.to_string().contains("wrong"), "{refused}");
    }
}
