//! `readback check` asks all sources at the same time, tells them in the order of the configuration, and
//! names those that are away as they are configured.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};

use super::binary::Home;
use super::repositories::Repository;

/// As many as are asked at once.
const MANY: usize = 8;

fn wait_for_question(stream: &TcpStream) -> String {
    let mut lines = BufReader::new(stream).lines();
    let asked = lines.next().expect("a line").expect("text");
    let rest = lines.map_while(Result::ok);
    assert!(rest.take_while(|line| !line.is_empty()).count() > 0);
    asked
}

#[test]
fn sources_are_asked_at_the_same_time_and_told_in_their_order() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    // Nobody is answered before all have asked, and then the last source is first.
    let server = std::thread::spawn(move || {
        let mut waiting: Vec<(String, TcpStream)> = (0..MANY)
            .map(|_| {
                let (stream, _) = listener.accept().expect("a question");
                (wait_for_question(&stream), stream)
            })
            .collect();
        waiting.sort_by(|(one, _), (other, _)| other.cmp(one));
        for (asked, mut stream) in waiting {
            let number = asked
                .split("/wiki")
                .nth(1)
                .and_then(|rest| rest.chars().next());
            let body = format!(
                r#"{{"query":{{"general":{{"sitename":"Wiki {}"}},"userinfo":{{"name":"Readback"}}}}}}"#,
                number.expect("a number")
            );
            let head = format!("content-length: {}\r\nconnection: close", body.len());
            write!(stream, "HTTP/1.1 200 OK\r\n{head}\r\n\r\n{body}").expect("an answer");
        }
    });
    let home = Home::new();
    let sources: String = (0..MANY)
        .map(|n| {
            format!(
                "[[source]]\nid = \"wiki{n}\"\nkind = \"mediawiki\"\ntitles = [\"A\"]\n\
                 api = \"http://{address}/wiki{n}/api.php\"\n"
            )
        })
        .collect();
    home.file("readback.toml", sources);
    let said = home.done(&["check", "--no-engine"]);
    server.join().expect("all were asked at once");
    let told: Vec<&str> = said
        .out
        .lines()
        .filter(|line| line.starts_with("source "))
        .collect();
    assert_eq!(told.len(), MANY, "{said:?}");
    for (n, line) in told.iter().enumerate() {
        let words = [format!("wiki{n} "), format!("Wiki {n}")];
        assert!(words.iter().all(|word| line.contains(word)), "{line}");
    }
}

#[test]
fn who_is_away_is_named_as_configured() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let nobody = listener.local_addr().expect("an address");
    drop(listener);
    let home = Home::new();
    home.file(
        "readback.toml",
        format!(
            "[[source]]\nid = \"wiki\"\nkind = \"mediawiki\"\ntitles = [\"A\"]\n\
             api = \"http://zzuser:zzsecret@{nobody}/w/api.php\"\n\
             [[source]]\nid = \"forge\"\nkind = \"gitea\"\nrepositories = [\"org/shop\"]\n\
             api = \"http://{nobody}/api/v1\"\n\
             [[source]]\nid = \"books\"\nkind = \"bookstack\"\nbooks = [7]\n\
             api = \"http://{nobody}/api\"\n"
        ),
    );
    let said = home.run(&["check", "--no-engine"]);
    assert_eq!(said.code, Some(3), "{said:?}");
    let at: Vec<Option<usize>> = [
        format!("source wiki: http://{nobody}/w/api.php: cannot be reached"),
        format!("source forge: http://{nobody}/api/v1: cannot be reached"),
        format!("source books: http://{nobody}/api: cannot be reached"),
    ]
    .iter()
    .map(|words| said.err.find(words.as_str()))
    .collect();
    assert!(
        at.iter().all(Option::is_some) && at.is_sorted(),
        "{at:?}: {said:?}"
    );
    assert!(!format!("{said:?}").contains("zz"), "{said:?}");
}

#[test]
fn globs_that_fit_no_file_are_told_before_a_scan() {
    let home = Home::new();
    let papers = Repository::new(home.path("papers"));
    let configured = |globs: &str| {
        home.file(
            "readback.toml",
            format!(
                "[[source]]\nid = \"papers\"\nkind = \"git\"\npath = \"papers\"\nwriteups = [{globs}]\n"
            ),
        );
        home.done(&["check", "--no-engine"]).out
    };
    let words = "source papers: writeups: \"incidents/*.md\" fits no file at present";
    let both = "\"postmortems/*.md\", \"incidents/*.md\"";
    // Where nothing is there yet, nothing is missing.
    assert!(!configured(both).contains("fits no file"));
    papers.write("incidents/old.md", "# Old\n");
    papers.write("postmortems/disk.md", "# Disk\n");
    papers.commit("2024-03-01T09:00:00Z", "Tell it");
    assert!(!configured(both).contains("fits no file"));
    // What counts is what stands there now.
    papers.git(&["rm", "-q", "incidents/old.md"]);
    papers.commit("2024-04-01T09:00:00Z", "Forget it");
    let said = configured(both);
    assert_eq!(said.matches("fits no file").count(), 1, "{said}");
    assert!(
        said.contains(&format!("warning        {words}\n")),
        "{said}"
    );
    assert!(said.contains("all works, with 1 warning\n"), "{said}");
    assert!(configured("\"postmortems/*.md\"").contains("all is well"));
}
