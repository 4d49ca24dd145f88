//! A scene as SVG, by plotters, then made fit for pages: colours become custom properties, the size
//! becomes the page's business, words for screen readers are added.

use plotters::backend::SVGBackend;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{Circle, PathElement, Polygon, Rectangle, Text};
use plotters::prelude::DrawingBackend;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, IntoFont, RGBColor, ShapeStyle};

use super::Chart;
use super::font::{FAMILY, LINE_PER_EM, register};
use super::scene::{Anchor, At, Form, Label, Scene, Shape};
use super::theme::{Ink, Theme, hex};

/// plotters counts whole pixels; the canvas is drawn so much larger that nothing jumps.
const SCALE: f64 = 4.0;

/// The scene as one SVG element.
pub(super) fn render(chart: &Chart, scene: &Scene, theme: Theme) -> String {
    let mut raw = String::new();
    {
        let backend = SVGBackend::with_string(&mut raw, size(scene, SCALE));
        let area = backend.into_drawing_area();
        // Writing into a string can't fail; a chart without a shape would show in the tests.
        let _ = paint(
            &area,
            scene,
            Canvas {
                scale: SCALE,
                colour: Ink::light,
                bitmap: false,
            },
        )
        .is_ok();
        let _ = area.present().is_ok();
    }
    let body = raw
        .find('>')
        .and_then(|end| raw.get(end + 1..))
        .unwrap_or_default();
    let body = recolour(&tidy(body), theme);
    format!("{}{}{body}", open(chart, scene, theme), style(theme))
}

/// How a scene is painted.
#[derive(Clone, Copy)]
pub(super) struct Canvas {
    /// Pixels for one nominal pixel.
    pub(super) scale: f64,
    /// The colour of each ink.
    pub(super) colour: fn(Ink) -> RGBColor,
    /// Whether texts are drawn in pixels; then plotters counts from the top of their line.
    pub(super) bitmap: bool,
}

/// Size of the canvas in pixels.
pub(super) fn size(scene: &Scene, scale: f64) -> (u32, u32) {
    (
        (scene.width * scale).round() as u32,
        (scene.height * scale).round() as u32,
    )
}

/// Paints every shape and text with plotters.
pub(super) fn paint<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    scene: &Scene,
    canvas: Canvas,
) -> Result<(), plotters::drawing::DrawingAreaErrorKind<DB::ErrorType>> {
    register();
    let Canvas {
        scale,
        colour,
        bitmap,
    } = canvas;
    let at = |(x, y): At| ((x * scale).round() as i32, (y * scale).round() as i32);
    let stroke = |ink: Ink, width: f64| ShapeStyle {
        color: colour(ink).to_rgba(),
        filled: false,
        stroke_width: (width * scale).round().max(1.0) as u32,
    };
    if scene.ground {
        let corner = at((scene.width, scene.height));
        area.draw(&Rectangle::new(
            [(0, 0), corner],
            colour(Ink::Paper).filled(),
        ))?;
    }
    for shape in &scene.shapes {
        match shape {
            Shape::Path { points, ink, width } if points.len() > 1 => {
                let points: Vec<_> = points.iter().copied().map(at).collect();
                area.draw(&PathElement::new(points, stroke(*ink, *width)))?;
            }
            Shape::Path { .. } => {}
            Shape::Area { points, ink, alpha } => {
                let points: Vec<_> = points.iter().copied().map(at).collect();
                area.draw(&Polygon::new(points, colour(*ink).mix(*alpha).filled()))?;
            }
            Shape::Rect { from, to, ink } => {
                area.draw(&Rectangle::new([at(*from), at(*to)], colour(*ink).filled()))?;
            }
            Shape::Mark {
                at: place,
                radius,
                ink,
                form,
            } => {
                mark(
                    area,
                    at(*place),
                    radius * scale,
                    (*form, colour(*ink), colour(Ink::Paper)),
                )?;
            }
        }
    }
    for label in &scene.labels {
        let size = label.size * LINE_PER_EM * scale;
        let pos = Pos::new(horizontal(label), VPos::Top);
        let style = (FAMILY, size)
            .into_font()
            .color(&colour(label.ink))
            .pos(pos);
        let (x, y) = at(label.at);
        // plotters puts the base line of a bitmap text half a line below its top.
        let y = if bitmap {
            y - (size / 2.0).round() as i32
        } else {
            y
        };
        area.draw(&Text::new(label.text.clone(), (x, y), style))?;
    }
    Ok(())
}

fn horizontal(label: &Label) -> HPos {
    match label.anchor {
        Anchor::Start => HPos::Left,
        Anchor::Middle => HPos::Center,
        Anchor::End => HPos::Right,
    }
}

type Marking = (Form, RGBColor, RGBColor);

fn mark<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    (x, y): (i32, i32),
    radius: f64,
    (form, colour, paper): Marking,
) -> Result<(), plotters::drawing::DrawingAreaErrorKind<DB::ErrorType>> {
    let r = radius.round() as i32;
    match form {
        Form::Dot => area.draw(&Circle::new((x, y), r, colour.filled())),
        Form::Ring => {
            area.draw(&Circle::new((x, y), r, colour.filled()))?;
            area.draw(&Circle::new((x, y), r * 3 / 5, paper.filled()))
        }
        Form::Square => area.draw(&Rectangle::new(
            [(x - r, y - r), (x + r, y + r)],
            colour.filled(),
        )),
        Form::Triangle => area.draw(&Polygon::new(
            vec![(x, y - r), (x + r, y + r), (x - r, y + r)],
            colour.filled(),
        )),
        Form::Diamond => area.draw(&Polygon::new(
            vec![(x, y - r), (x + r, y), (x, y + r), (x - r, y)],
            colour.filled(),
        )),
    }
}

/// Takes out what plotters writes and a page doesn't need.
fn tidy(body: &str) -> String {
    body.replace('\n', "")
        .replace(" opacity=\"1\"", "")
        .replace(" dy=\"0.76em\"", "")
        .replace(" font-family=\"sans-serif\"", "")
        .replace(" text-anchor=\"start\"", "")
        .replace(" stroke=\"none\"", "")
        .replace(" \"/>", "\"/>")
}

fn recolour(body: &str, theme: Theme) -> String {
    let mut body = body.to_owned();
    for ink in Ink::ALL {
        let colour = match theme {
            Theme::Light => continue,
            Theme::Dark => hex(ink.dark()),
            Theme::Page | Theme::Auto => format!("var({})", ink.property()),
        };
        // Quoted, so that a text that happens to hold a colour stays as it is.
        body = body.replace(
            &format!("\"{}\"", hex(ink.light())),
            &format!("\"{colour}\""),
        );
    }
    body
}

fn open(chart: &Chart, scene: &Scene, theme: Theme) -> String {
    let (width, height) = size(scene, SCALE);
    let family = if theme == Theme::Page {
        "inherit"
    } else {
        "DejaVu Sans,Verdana,sans-serif"
    };
    let kind = if scene.width < 200.0 {
        "spark"
    } else {
        "chart"
    };
    let dimensions = if theme == Theme::Page {
        format!("class=\"{kind}\"")
    } else {
        format!(
            "width=\"{:.0}\" height=\"{:.0}\"",
            scene.width, scene.height
        )
    };
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" {dimensions} viewBox=\"0 0 {width} {height}\" \
         role=\"img\" aria-label=\"{}\" font-family=\"{family}\">",
        escape(&chart.alt)
    )
}

/// A file that follows the reader's preference brings its colours along.
fn style(theme: Theme) -> String {
    if theme != Theme::Auto {
        return String::new();
    }
    let set = |pick: fn(Ink) -> RGBColor| -> String {
        Ink::ALL
            .iter()
            .map(|ink| format!("{}:{};", ink.property(), hex(pick(*ink))))
            .collect()
    };
    format!(
        "<style>svg{{{}}}@media(prefers-color-scheme:dark){{svg{{{}}}}}</style>",
        set(Ink::light),
        set(Ink::dark)
    )
}

/// Text made safe for an attribute.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
