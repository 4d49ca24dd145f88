//! What an indicator says: named values in a fixed order, each of which may carry the number of
//! people it rests on, so that the last step can withhold what would betray somebody.

/// The layer of an indicator (INDICATORS 0.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// A learning signal, shown to leaders.
    L,
    /// Health of the measurement.
    H,
    /// For the analyst's exploration.
    X,
}

impl Layer {
    /// The letter in results.
    pub const fn name(self) -> &'static str {
        match self {
            Layer::L => "L",
            Layer::H => "H",
            Layer::X => "X",
        }
    }
}

/// Named values, in the order in which they are written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Results(pub Vec<(String, Value)>);

impl Results {
    /// Nothing yet.
    pub fn new() -> Self {
        Results::default()
    }

    /// The same with one more value.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.0.push((name.into(), value.into()));
        self
    }

    /// The value of this name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
    }
}

/// A value of a result.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Not defined: a rate of nothing, a median of nothing.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A count.
    Int(i64),
    /// A measure.
    Float(f64),
    /// Words: a date, a verdict.
    Text(String),
    /// A series.
    List(Vec<Value>),
    /// Values that belong together.
    Map(Results),
    /// A value that rests on people (INDICATORS section 9).
    Guarded(Guard, Box<Value>),
}

/// How many people a value rests on, and by which rule it is withheld.
#[derive(Clone, Debug, PartialEq)]
pub enum Guard {
    /// A count of people, or a count of what so many people did: withheld when 0 < people < k.
    Count(u64),
    /// A share of people: withheld when 0 < den < k, or num or den - num is 1 to k-1.
    Share {
        /// People in the numerator.
        num: u64,
        /// People in the denominator.
        den: u64,
    },
    /// A median or quantile over so many people: withheld below k, zero included.
    AtLeast(u64),
    /// One cell of a table whose total is shown: withheld with its fellows of the same group by
    /// complementary suppression (P1). In a list of maps the fellows are those of the same name.
    Cell {
        /// Cells of one group share a total.
        group: &'static str,
        /// People behind the cell.
        people: u64,
    },
}

impl Value {
    /// This value, withheld when `people` are too few.
    #[must_use]
    pub fn of_people(self, people: u64) -> Value {
        Value::Guarded(Guard::Count(people), Box::new(self))
    }

    /// This share of people, withheld when either side of it is too small.
    #[must_use]
    pub fn share_of_people(self, num: u64, den: u64) -> Value {
        Value::Guarded(Guard::Share { num, den }, Box::new(self))
    }

    /// This value, withheld when fewer than `k` of whatever it is a median of.
    #[must_use]
    pub fn of_at_least(self, many: u64) -> Value {
        Value::Guarded(Guard::AtLeast(many), Box::new(self))
    }

    /// This value as one cell of a table, withheld with its fellows of the same group.
    #[must_use]
    pub fn cell(self, group: &'static str, people: u64) -> Value {
        Value::Guarded(Guard::Cell { group, people }, Box::new(self))
    }

    /// The value without its guards, as computed.
    pub fn bare(&self) -> &Value {
        match self {
            Value::Guarded(_, inner) => inner.bare(),
            other => other,
        }
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Value::Int(value)
    }
}

impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Value::Int(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Value::Int(i64::from(value))
    }
}

impl From<usize> for Value {
    fn from(value: usize) -> Self {
        Value::Int(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl From<f64> for Value {
    /// Not a number and infinity have no place in JSON: they become null.
    fn from(value: f64) -> Self {
        if value.is_finite() {
            Value::Float(value)
        } else {
            Value::Null
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Value::Bool(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Value::Text(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Value::Text(value)
    }
}

impl From<Results> for Value {
    fn from(value: Results) -> Self {
        Value::Map(value)
    }
}

impl<V: Into<Value>> From<Option<V>> for Value {
    fn from(value: Option<V>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

impl<V: Into<Value>> From<Vec<V>> for Value {
    fn from(values: Vec<V>) -> Self {
        Value::List(values.into_iter().map(Into::into).collect())
    }
}
