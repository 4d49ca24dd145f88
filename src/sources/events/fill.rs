//! Fills the envelope of an event, and the data of a read, where they stand. Nearly every event goes
//! through here, and to move what was read costs nearly as much as to read it.

use std::borrow::Cow;
use std::fmt;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor,
};

use super::wire::{Data, Envelope, ReadData, Text};

/// Fills an empty envelope.
pub(super) struct Fill<'e, 'de>(pub(super) &'e mut Envelope<'de>);

#[derive(serde::Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Attribute {
    Specversion,
    Type,
    Source,
    Id,
    Subject,
    Time,
    Data,
    Datacontenttype,
    #[serde(rename = "data_base64")]
    Packed,
    #[serde(other)]
    Other,
}

impl<'de> DeserializeSeed<'de> for Fill<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Fill<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Fill(envelope) = self;
        let mut with_data = false;
        while let Some(attribute) = map.next_key()? {
            match attribute {
                Attribute::Specversion => {
                    text(&mut envelope.specversion, "specversion", &mut map)?;
                }
                Attribute::Type => text(&mut envelope.kind, "type", &mut map)?,
                Attribute::Source => text(&mut envelope.source, "source", &mut map)?,
                Attribute::Id => text(&mut envelope.id, "id", &mut map)?,
                Attribute::Subject => text(&mut envelope.subject, "subject", &mut map)?,
                Attribute::Time => text(&mut envelope.time, "time", &mut map)?,
                Attribute::Datacontenttype => {
                    text(&mut envelope.datacontenttype, "datacontenttype", &mut map)?;
                }
                Attribute::Packed => text(&mut envelope.data_base64, "data_base64", &mut map)?,
                Attribute::Data => {
                    if std::mem::replace(&mut with_data, true) {
                        return Err(A::Error::duplicate_field("data"));
                    }
                    match &envelope.kind {
                        Some(kind) if kind.0 == "org.readback.read.v1" => {
                            map.next_value_seed(FillData(&mut envelope.data))?;
                        }
                        _ => envelope.data = Data::Raw(map.next_value()?),
                    }
                }
                Attribute::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// Reads the value of a field that may come once.
fn set<'de, T: Deserialize<'de>, A: MapAccess<'de>>(
    field: &mut Option<T>,
    name: &'static str,
    map: &mut A,
) -> Result<(), A::Error> {
    if field.is_some() {
        return Err(A::Error::duplicate_field(name));
    }
    *field = map.next_value()?;
    Ok(())
}

/// Reads a text that may come once, in one step where `Option` takes three.
fn text<'de, A: MapAccess<'de>>(
    field: &mut Option<Text<'de>>,
    name: &'static str,
    map: &mut A,
) -> Result<(), A::Error> {
    if field.is_some() {
        return Err(A::Error::duplicate_field(name));
    }
    map.next_value_seed(FillText(field))
}

/// Fills a text; null leaves it absent.
struct FillText<'e, 'de>(&'e mut Option<Text<'de>>);

impl<'de> DeserializeSeed<'de> for FillText<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for FillText<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<(), E> {
        *self.0 = Some(Text(Cow::Borrowed(text)));
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        *self.0 = Some(Text(Cow::Owned(text.to_owned())));
        Ok(())
    }
}

/// Fills the data of a read; null leaves it absent.
struct FillData<'e, 'de>(&'e mut Data<'de>);

impl<'de> DeserializeSeed<'de> for FillData<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        // Not `deserialize_map`, which does not take null.
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for FillData<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        *self.0 = Data::Read(ReadData::default());
        match self.0 {
            Data::Read(read) => fill_read(read, map),
            _ => Ok(()),
        }
    }
}

#[derive(serde::Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum ReadField {
    Version,
    Person,
    Team,
    Session,
    EngagedS,
    Scroll,
    Bot,
    Agent,
    Arrival,
    Assigned,
    #[serde(other)]
    Other,
}

fn fill_read<'de, A: MapAccess<'de>>(read: &mut ReadData<'de>, mut map: A) -> Result<(), A::Error> {
    while let Some(field) = map.next_key()? {
        match field {
            ReadField::Version => set(&mut read.version, "version", &mut map)?,
            ReadField::Person => text(&mut read.person, "person", &mut map)?,
            ReadField::Team => set(&mut read.team, "team", &mut map)?,
            ReadField::Session => set(&mut read.session, "session", &mut map)?,
            ReadField::EngagedS => set(&mut read.engaged_s, "engaged_s", &mut map)?,
            ReadField::Scroll => set(&mut read.scroll, "scroll", &mut map)?,
            ReadField::Bot => set(&mut read.bot, "bot", &mut map)?,
            ReadField::Agent => set(&mut read.agent, "agent", &mut map)?,
            ReadField::Arrival => set(&mut read.arrival, "arrival", &mut map)?,
            ReadField::Assigned => set(&mut read.assigned, "assigned", &mut map)?,
            ReadField::Other => {
                map.next_value::<IgnoredAny>()?;
            }
        }
    }
    Ok(())
}

impl<'de> Deserialize<'de> for ReadData<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Whole)
    }
}

/// The data of a read by itself.
struct Whole;

impl<'de> Visitor<'de> for Whole {
    type Value = ReadData<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ReadData<'de>, A::Error> {
        let mut read = ReadData::default();
        fill_read(&mut read, map)?;
        Ok(read)
    }
}
