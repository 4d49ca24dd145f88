//! Charts: what a picture says, as data, and its drawing by plotters.
//!
//! A [`Chart`] is plain data: points, intervals, gaps, labels, the words for those who can't see
//! it, and the table behind it. [`layout`] turns it into a [`scene::Scene`] (shapes and texts whose
//! boxes never overlap), and plotters paints the scene as SVG or PNG. Same chart, same bytes.

pub mod build;
pub mod reading;
pub mod together;

mod areas;
mod badge;
mod bars;
mod before_after;
mod dots;
mod fits;
mod font;
mod forest;
mod frame;
mod graph;
mod heat;
mod layout;
mod line;
mod lorenz;
mod png;
mod scatter;
mod scene;
mod spark;
mod spread;
mod steps;
mod svg;
mod theme;
mod ticks;

#[cfg(test)]
mod canvas_tests;
#[cfg(test)]
mod tests;

use serde::Serialize;

pub use reading::Cell;
pub use spread::{csv, plain};
pub use theme::Theme;

/// One picture, complete: what is drawn, what is said of it, the numbers behind it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Chart {
    /// Stem of its file name: lower case, digits and hyphens.
    pub name: String,
    /// Code of the indicator it belongs to.
    pub code: String,
    /// Its headline.
    pub title: String,
    /// Unit of the values drawn.
    pub unit: String,
    /// How many things it rests on, such as `64 write-ups`.
    pub n: Option<String>,
    /// Where the numbers come from and as of when; printed on pictures that leave the page.
    pub source: String,
    /// The same in words, for those who can't see it.
    pub alt: String,
    /// What is drawn.
    pub plot: Plot,
    /// What happened meanwhile, marked in the picture; of a [`Plot::Line`] or a [`Plot::BeforeAfter`] only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<Mark>,
    /// The numbers behind it.
    pub table: Table,
}

/// Something that happened at x, or from there on.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Mark {
    /// When.
    pub x: f64,
    /// Until when, where it lasted: a band and not a line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<f64>,
    /// What.
    pub words: String,
}

/// The forms of picture there are.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Plot {
    /// A line with a band and with gaps where nothing is known.
    Line(Line),
    /// Step curves with bands, numbers at risk below.
    Steps(Steps),
    /// Stacked bars.
    Bars(Bars),
    /// Dots with intervals, one row each.
    Dots(Dots),
    /// Stacked areas over months.
    Areas(Areas),
    /// A table of values as shades.
    Heat(Heat),
    /// Months of publication on both sides of a change.
    BeforeAfter(BeforeAfter),
    /// Scattered points in small pictures.
    Scatter(Scatter),
    /// Nodes on a ring with arrows between them.
    Graph(Graph),
    /// What was seen, and laws that were fitted to it.
    Fits(Fits),
    /// How unevenly something is shared out.
    Lorenz(Lorenz),
    /// Dots with intervals on both sides of no effect, one row each.
    Forest(Forest),
    /// A line without axes, a word high.
    Spark(Spark),
    /// Two words side by side.
    Badge(Badge),
    /// Nothing to draw, and why.
    Nothing(String),
}

/// What the horizontal axis of a line counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Axis {
    /// Weeks of age.
    Weeks,
    /// Calendar months, as year times twelve plus month less one.
    Months,
    /// Parts of a whole, per cent; y is a share, too.
    Shares,
}

/// A line with a band.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// What x counts.
    pub axis: Axis,
    /// Whether y is logarithmic. A zero is then drawn as an open dot on the ground line.
    pub log: bool,
    /// In order of x, every step present: what is not known is a point without value.
    pub points: Vec<Point>,
    /// What a point without value means, such as `not watched`.
    pub gap: String,
    /// A trend, from (x, y) to (x, y); only where its verdict is clear.
    pub trend: Option<[(f64, f64); 2]>,
    /// Levels on which it stood for a time, each from (x, y) to (x, y).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub levels: Vec<[(f64, f64); 2]>,
}

/// A value with its interval at x.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Point {
    /// Where its week or month begins.
    pub x: f64,
    /// What.
    pub value: Cell,
    /// Lower and upper limit of its 95 % interval.
    pub interval: Option<(f64, f64)>,
}

/// Step curves.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Steps {
    /// The curves; at most five are told apart.
    pub curves: Vec<Curve>,
}

/// One step curve, such as a survival curve; it starts at 1 on day 0.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Curve {
    /// Its label; empty for a curve that stands alone.
    pub label: String,
    /// Its steps, in order of day.
    pub steps: Vec<Step>,
}

/// From this day on, this share.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Step {
    /// Day.
    pub day: f64,
    /// Share that goes on.
    pub share: f64,
    /// Its 95 % interval.
    pub interval: Option<(f64, f64)>,
    /// How many are still watched.
    pub at_risk: Option<u64>,
}

/// Stacked bars.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bars {
    /// Names of the parts, first at the ground.
    pub parts: Vec<String>,
    /// The colours of the parts.
    pub palette: Palette,
    /// The bars.
    pub bars: Vec<Bar>,
}

/// How the parts of a bar are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Palette {
    /// Upright bars of people: greys for those who had to come, hues for those who need not have,
    /// hollow for those of whom nobody knows.
    Roles,
    /// Lying bars: a strong part, and a quiet one for what is gone.
    Whole,
}

/// One bar.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bar {
    /// Its label.
    pub label: String,
    /// Its parts, in the order of [`Bars::parts`].
    pub parts: Vec<Cell>,
    /// What the withheld parts come to together; none where that isn't told either.
    pub rest: Option<f64>,
    /// Words at its end.
    pub note: String,
}

/// Dots with intervals.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Dots {
    /// The rows from top to bottom.
    pub rows: Vec<Row>,
    /// Whether the values are shares from 0 to 1.
    pub share: bool,
}

/// One row of dots.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// Its label.
    pub label: String,
    /// The dot.
    pub value: Cell,
    /// Its interval.
    pub interval: Option<(f64, f64)>,
    /// Words beside it, such as `31 of 74`.
    pub note: String,
}

/// Stacked areas over months.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Areas {
    /// Names of the parts, first at the ground; at most five are told apart.
    pub parts: Vec<String>,
    /// The months in order, without a gap: year times twelve plus month less one, and each part's value.
    pub months: Vec<(i32, Vec<f64>)>,
}

/// Values in rows and columns.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Heat {
    /// Whether the values are shares from 0 to 1.
    pub share: bool,
    /// Heads of the columns.
    pub columns: Vec<String>,
    /// The rows from top to bottom.
    pub rows: Vec<HeatRow>,
}

/// One row of values.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HeatRow {
    /// Its label.
    pub label: String,
    /// One for each column, none below 0; missing ones are left blank.
    pub cells: Vec<Cell>,
    /// Words beside it.
    pub note: String,
}

/// Months of publication on both sides of a change, with what was fitted.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BeforeAfter {
    /// What was seen, a point for each month that has any.
    pub points: Vec<Point>,
    /// The month that is half of each and in no fit.
    pub left_out: Option<f64>,
    /// The course before the change.
    pub before: Vec<(f64, f64)>,
    /// The course after it.
    pub after: Vec<(f64, f64)>,
    /// The course before it, drawn on to the end: what would have been seen without it.
    pub unchanged: Vec<(f64, f64)>,
}

/// Small pictures that share the scale of y.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scatter {
    /// The pictures, in the order of reading.
    pub panels: Vec<Panel>,
}

/// One picture of scattered points.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Panel {
    /// Its label: what x counts.
    pub label: String,
    /// The points, none below 0.
    pub points: Vec<(f64, f64)>,
    /// The smooth line through them, in order of x; empty where they have none.
    pub course: Vec<(f64, f64)>,
}

/// Nodes and the arrows between them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Graph {
    /// The nodes, in the order in which they stand on the ring.
    pub nodes: Vec<Node>,
    /// From and to, by the places of the nodes.
    pub edges: Vec<(usize, usize)>,
}

/// A node of a graph.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Node {
    /// Its label, written where there is room.
    pub label: String,
    /// How much it weighs, compared with the others.
    pub weight: f64,
}

/// Points and curves through them; both axes are logarithmic.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fits {
    /// What was seen, by weeks of age. One without value is left out.
    pub points: Vec<Point>,
    /// What was fitted; at most two are told apart.
    pub curves: Vec<Fitted>,
}

/// A curve of a law.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fitted {
    /// Its label.
    pub label: String,
    /// Its course, in order of x.
    pub points: Vec<(f64, f64)>,
}

/// A curve of Lorenz, above it the diagonal of those that all have the same.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Lorenz {
    /// Share of the things, the smallest first, and their share of the whole; ends at (1, 1).
    pub points: Vec<(f64, f64)>,
    /// What stands on the axis below, such as `of the write-ups`.
    pub things: String,
}

/// Effects, each with its interval.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Forest {
    /// The rows from top to bottom.
    pub rows: Vec<Row>,
    /// What the values are.
    pub scale: Scale,
}

/// What an effect is told by, and where there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// A ratio, logarithmic; 1 is no effect.
    Ratio,
    /// A correlation from -1 to 1; 0 is none.
    Correlation,
}

/// Two words side by side: what is told, and what is said of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Badge {
    /// What is told.
    pub label: String,
    /// What is said of it.
    pub says: String,
}

/// A small line.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Spark {
    /// Its values, evenly spaced.
    pub values: Vec<Cell>,
}

/// The numbers behind a picture.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Table {
    /// Heads of the columns.
    pub head: Vec<String>,
    /// Its rows, formatted.
    pub rows: Vec<Vec<String>>,
}

/// The chart as SVG. With [`Theme::Page`] it takes its colours and its font from the page around
/// it; the other themes make a file that stands alone.
pub fn render_svg(chart: &Chart, theme: Theme) -> String {
    svg::render(chart, &layout::scene(chart, theme.alone()), theme)
}

/// The chart as PNG, twice its nominal size, for mail and chat.
pub fn render_png(chart: &Chart, theme: Theme) -> Vec<u8> {
    png::render(&layout::scene(chart, true), theme)
}
