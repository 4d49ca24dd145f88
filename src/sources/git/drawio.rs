//! Diagrams of draw.io keep their shapes packed: in each `<diagram>` the XML is percent-encoded,
//! deflated and written in base64. Unpacked they are looked at like any text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::DeflateDecoder;
use gix::bstr::ByteSlice;
use percent_encoding::percent_decode;
use std::io::Read;

/// What a file's diagrams can hold unpacked, bytes; more is no drawing.
const MOST: u64 = 8 * 1024 * 1024;

/// The packed diagrams of a file, unpacked, each with the line on which it stands. Empty for other
/// files, and for diagrams that are not packed: those can be read as they are.
pub(super) fn unpacked(path: &str, text: &[u8]) -> Vec<(u32, Vec<u8>)> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let named = [".drawio", ".dio", ".drawio.xml"];
    let lower = name.to_ascii_lowercase();
    if !named.iter().any(|end| lower.ends_with(end)) || text.find(b"<diagram").is_none() {
        return Vec::new();
    }
    let mut found = Vec::new();
    let (mut at, mut room) = (0, MOST);
    while let Some(start) = text[at..].find(b"<diagram").map(|start| at + start) {
        let Some(open) = text[start..].find_byte(b'>').map(|end| start + end + 1) else {
            break;
        };
        let close = text[open..]
            .find(b"</diagram>")
            .map_or(text.len(), |end| open + end);
        let packed = text[open..close].trim_ascii();
        if !packed.is_empty() && !packed.starts_with(b"<") {
            let lines = text[..open].iter().filter(|byte| **byte == b'\n').count();
            let line = u32::try_from(lines + 1).unwrap_or(u32::MAX);
            if let Some(text) = unpack(packed, room) {
                room = room.saturating_sub(text.len() as u64);
                found.push((line, text));
            }
        }
        at = close;
    }
    found
}

fn unpack(packed: &[u8], room: u64) -> Option<Vec<u8>> {
    let packed: Vec<u8> = packed
        .iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    let deflated = STANDARD.decode(packed).ok()?;
    let mut encoded = Vec::new();
    let read = DeflateDecoder::new(&deflated[..])
        .take(room)
        .read_to_end(&mut encoded);
    read.ok()?;
    Some(percent_decode(&encoded).collect())
}

/// The shape around a place in unpacked XML: its own element, which stays when others are drawn.
pub(super) fn shape_at(text: &[u8], offset: usize) -> &[u8] {
    let start = text[..offset].rfind_byte(b'<').unwrap_or(0);
    let end = text[offset..]
        .find_byte(b'>')
        .map_or(text.len(), |end| offset + end);
    &text[start..end]
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::DeflateEncoder;
    use percent_encoding::{NON_ALPHANUMERIC, percent_encode};

    use super::*;

    pub(in super::super) fn pack(xml: &str) -> String {
        let encoded = percent_encode(xml.as_bytes(), NON_ALPHANUMERIC).to_string();
        let mut deflate = DeflateEncoder::new(Vec::new(), Compression::default());
        deflate.write_all(encoded.as_bytes()).expect("memory");
        STANDARD.encode(deflate.finish().expect("memory"))
    }

    #[test]
    fn packed_diagrams_are_unpacked() {
        let shape = "<mxCell value=\"see INC-7\"/>";
        let model = format!("<mxGraphModel><root><mxCell id=\"0\"/>{shape}</root></mxGraphModel>");
        let file = format!(
            "<mxfile>\n<diagram name=\"a\">{}</diagram>\n<diagram><mxGraphModel/></diagram>\n<diagram>{}\n</diagram></mxfile>",
            pack(&model),
            pack("x")
        );
        let found = unpacked("docs/System.drawio", file.as_bytes());
        assert_eq!(found.len(), 2);
        assert_eq!(found[0], (2, model.clone().into_bytes()));
        assert_eq!(found[1], (4, b"x".to_vec()));
        let at = model.find("INC-7").expect("there");
        assert_eq!(
            shape_at(model.as_bytes(), at),
            shape.trim_end_matches('>').as_bytes()
        );
        assert!(unpacked("a.xml", file.as_bytes()).is_empty());
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_do(
            pieces in proptest::collection::vec(proptest::sample::select(vec![
                "<diagram", ">", "</diagram>", "7VdNc9o", "=", "\n", "<mxGraphModel", "A",
            ]), 0..12),
        ) {
            unpacked("a.drawio", pieces.concat().as_bytes());
        }
    }
}
