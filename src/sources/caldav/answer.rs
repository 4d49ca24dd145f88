//! What a server of WebDAV answers: a list of responses, each about one address, in XML with namespaces.

use quick_xml::events::Event;
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;

/// A listing of twenty thousand meetings has a tenth of it.
const MOST_ELEMENTS: usize = 1_000_000;
/// Answers nest a dozen deep.
const DEEPEST: usize = 64;

/// Whose name it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Dav,
    CalDav,
    Others,
}

/// An element.
pub(super) struct Element {
    of: Of,
    name: String,
    attribute: Option<String>,
    text: String,
    children: Vec<Element>,
}

impl Element {
    pub(super) fn is(&self, of: Of, name: &str) -> bool {
        self.of == of && self.name == name
    }

    pub(super) fn child(&self, of: Of, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.is(of, name))
    }

    fn all<'a>(&'a self, of: Of, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.is(of, name))
    }

    pub(super) fn text(&self) -> &str {
        self.text.trim()
    }

    /// The address in it.
    pub(super) fn href(&self) -> Option<&str> {
        self.child(Of::Dav, "href").map(Element::text)
    }

    /// Whether it, or anything in it, is this.
    pub(super) fn holds(&self, of: Of, name: &str) -> bool {
        self.is(of, name) || self.children.iter().any(|child| child.holds(of, name))
    }
}

/// What is said of one address.
pub(super) struct Response<'a> {
    pub(super) href: &'a str,
    /// Of all of it; of its properties where there are some.
    pub(super) status: u16,
    props: Vec<&'a Element>,
}

impl<'a> Response<'a> {
    /// A property that it has.
    pub(super) fn prop(&self, of: Of, name: &str) -> Option<&'a Element> {
        let mut props = self.props.iter();
        props.find_map(|prop| prop.child(of, name))
    }

    /// The text of a property that it has.
    pub(super) fn text(&self, of: Of, name: &str) -> Option<&'a str> {
        let text = self.prop(of, name)?.text();
        (!text.is_empty()).then_some(text)
    }

    /// Whether it is a calendar, and one that holds meetings.
    pub(super) fn is_calendar(&self) -> bool {
        let kind = self.prop(Of::Dav, "resourcetype");
        let holds = self.prop(Of::CalDav, "supported-calendar-component-set");
        let meetings = holds.is_none_or(|set| {
            let mut kinds = set.all(Of::CalDav, "comp");
            kinds.any(|comp| comp.attribute.as_deref() == Some("VEVENT"))
        });
        kind.is_some_and(|kind| kind.child(Of::CalDav, "calendar").is_some()) && meetings
    }
}

/// The responses of an answer.
pub(super) fn responses(answer: &Element) -> impl Iterator<Item = Response<'_>> {
    let all = answer.all(Of::Dav, "response");
    all.filter_map(|response| {
        let fine = response.all(Of::Dav, "propstat");
        let fine = fine.filter(|one| status(one).is_none_or(|status| status < 300));
        let props: Vec<_> = fine.filter_map(|one| one.child(Of::Dav, "prop")).collect();
        let any = status(response);
        let has_props = response.child(Of::Dav, "propstat").is_some();
        Some(Response {
            href: response.href()?,
            status: any.unwrap_or(match has_props && props.is_empty() {
                true => 404,
                false => 200,
            }),
            props,
        })
    })
}

/// The number in `HTTP/1.1 404 Not Found`.
fn status(element: &Element) -> Option<u16> {
    let status = element.child(Of::Dav, "status")?.text();
    status.split_whitespace().nth(1)?.parse().ok()
}

/// The root of an answer.
///
/// # Errors
/// It is no XML that WebDAV may use. Entities of its own and what defines them are refused: nobody needs
/// them, and they can be made to grow without end.
pub(super) fn parse(body: &[u8]) -> Result<Element, &'static str> {
    const NO_XML: &str = "answers with something else than XML";
    let text = std::str::from_utf8(body).map_err(|_| NO_XML)?;
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = NsReader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut open: Vec<Element> = Vec::new();
    let mut count = 0;
    loop {
        let (namespace, event) = reader.read_resolved_event().map_err(|_| NO_XML)?;
        match event {
            Event::Start(start) => {
                count += 1;
                if count > MOST_ELEMENTS || open.len() == DEEPEST {
                    return Err("answers with more XML than a calendar needs");
                }
                let of = match namespace {
                    ResolveResult::Bound(name) if name.0 == b"DAV:" => Of::Dav,
                    ResolveResult::Bound(name) if name.0 == b"urn:ietf:params:xml:ns:caldav" => {
                        Of::CalDav
                    }
                    _ => Of::Others,
                };
                let name = start.local_name();
                let name = String::from_utf8_lossy(name.as_ref()).into_owned();
                let attribute = start.try_get_attribute("name").map_err(|_| NO_XML)?;
                let attribute = attribute.map(|found| String::from_utf8_lossy(&found.value).into());
                open.push(Element {
                    of,
                    name,
                    attribute,
                    text: String::new(),
                    children: Vec::new(),
                });
            }
            Event::End(_) => {
                let Some(done) = open.pop() else {
                    return Err(NO_XML);
                };
                match open.last_mut() {
                    Some(parent) => parent.children.push(done),
                    None => return Ok(done),
                }
            }
            Event::Text(text) => {
                let text = text.xml10_content().map_err(|_| NO_XML)?;
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&text);
                }
            }
            Event::CData(text) => {
                let text = text.xml10_content().map_err(|_| NO_XML)?;
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&text);
                }
            }
            Event::GeneralRef(name) => {
                let letter = match name.resolve_char_ref().map_err(|_| NO_XML)? {
                    Some(letter) => letter,
                    None => match name.decode().map_err(|_| NO_XML)?.as_ref() {
                        "lt" => '<',
                        "gt" => '>',
                        "amp" => '&',
                        "apos" => '\'',
                        "quot" => '"',
                        _ => return Err("answers with XML that has entities of its own"),
                    },
                };
                if let Some(element) = open.last_mut() {
                    element.text.push(letter);
                }
            }
            Event::DocType(_) => return Err("answers with XML that has entities of its own"),
            Event::Eof => return Err(NO_XML),
            _ => {}
        }
    }
}

/// A text as it stands in XML.
pub(super) fn escaped(text: &str) -> String {
    quick_xml::escape::escape(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn namespaces_count_and_prefixes_do_not() {
        let answers = [
            "<multistatus xmlns=\"DAV:\"><response><href>/a&amp;b/&#x63;</href><propstat><prop><getetag>\"1\"</getetag>\
             </prop><status>HTTP/1.1 200 OK</status></propstat></response></multistatus>",
            "\u{feff}<?xml version=\"1.0\"?><x:multistatus xmlns:x=\"DAV:\"><x:response><x:href>\n/a&amp;b/c </x:href>\
             <x:propstat><x:prop><x:displayname/></x:prop><x:status>HTTP/1.1 404 No</x:status></x:propstat>\
             <x:propstat><x:prop><x:getetag><![CDATA[\"1\"]]></x:getetag></x:prop><x:status>HTTP/1.1 200 OK</x:status>\
             </x:propstat></x:response></x:multistatus>",
        ];
        for answer in answers {
            let root = parse(answer.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
            let found: Vec<_> = responses(&root).collect();
            assert_eq!(found.len(), 1);
            assert_eq!((found[0].href, found[0].status), ("/a&b/c", 200));
            assert_eq!(found[0].text(Of::Dav, "getetag"), Some("\"1\""));
            assert!(found[0].prop(Of::Dav, "displayname").is_none());
        }
        let others = parse(b"<d:response xmlns:d=\"dav\"><d:href>/</d:href></d:response>");
        assert!(others.is_ok_and(|root| root.href().is_none()));
    }

    #[test]
    fn gone_is_told_in_two_ways() {
        let answer = "<d:multistatus xmlns:d=\"DAV:\"><d:response><d:href>/1</d:href>\
            <d:status>HTTP/1.1 404 Not Found</d:status></d:response><d:response><d:href>/2</d:href><d:propstat>\
            <d:prop><d:getetag/></d:prop><d:status>HTTP/1.1 404 Not Found</d:status></d:propstat></d:response>\
            <d:response><d:href>/3</d:href><d:status>HTTP/1.1 507 Insufficient Storage</d:status></d:response>\
            </d:multistatus>";
        let root = parse(answer.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
        let found: Vec<_> = responses(&root).map(|one| one.status).collect();
        assert_eq!(found, [404, 404, 507]);
    }

    #[test]
    fn rubbish_and_bombs_are_refused() {
        let bomb = "<!DOCTYPE a [<!ENTITY b \"ccccc\"><!ENTITY d \"&b;&b;&b;\">]><a>&d;</a>";
        let deep = "<a>".repeat(100_000);
        let open = "<a xmlns=\"DAV:\"><b></a>";
        let many = format!("<a>{}</a>", "<b/>".repeat(MOST_ELEMENTS + 1));
        for text in [
            "",
            "no XML",
            "<a>",
            "<a>&other;</a>",
            bomb,
            &deep,
            open,
            &many,
            "<a b=></a>",
            "</a>",
        ] {
            assert!(parse(text.as_bytes()).is_err(), "{:.40}", text);
        }
        assert!(parse(b"\xff\xfe<a/>").is_err());
    }
}
