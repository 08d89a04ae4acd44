//! The drawing layer: an SVG document built shape by shape, in user units with y downwards.

use std::fmt::Write as _;

use super::colour::Rgb;
use super::text;

/// An upright rectangle, in user units; `y` is its upper edge.
#[derive(Clone, Copy, Debug)]
pub(super) struct Area {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

impl Area {
    pub fn right(&self) -> f64 {
        self.x + self.width
    }

    pub fn bottom(&self) -> f64 {
        self.y + self.height
    }

    pub fn centre(&self) -> (f64, f64) {
        (self.x + 0.5 * self.width, self.y + 0.5 * self.height)
    }

    /// The outline as path data.
    pub fn outline(&self) -> String {
        let (x, y, right, bottom) = (self.x, self.y, self.right(), self.bottom());
        format!("M{x:.2} {y:.2}H{right:.2}V{bottom:.2}H{x:.2}Z")
    }
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pen {
    pub colour: Rgb,
    pub width: f64,
    /// SVG dash pattern; empty for a solid line.
    pub dash: &'static str,
    pub opacity: f64,
}

impl Pen {
    pub fn solid(colour: Rgb, width: f64) -> Self {
        Self { colour, width, dash: "", opacity: 1.0 }
    }

    pub fn dashed(colour: Rgb, width: f64) -> Self {
        Self { dash: "7 5", ..Self::solid(colour, width) }
    }

    pub fn faded(self, opacity: f64) -> Self {
        Self { opacity, ..self }
    }
}

/// A colour with its opacity.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fill(pub Rgb, pub f64);

/// Where a text hangs on its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// How a text is set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Type {
    pub size: f64,
    pub colour: Rgb,
    pub anchor: Anchor,
    /// Degrees, clockwise, about the text's point.
    pub turn: f64,
    /// A light plate that keeps the text legible over a field.
    pub plate: bool,
}

impl Type {
    pub fn new(size: f64, colour: Rgb, anchor: Anchor) -> Self {
        Self { size, colour, anchor, turn: 0.0, plate: false }
    }

    pub fn turned(self, turn: f64) -> Self {
        Self { turn, ..self }
    }

    pub fn on_plate(self) -> Self {
        Self { plate: true, ..self }
    }
}

/// The document under construction.
#[derive(Debug, Default)]
pub(super) struct Canvas {
    body: String,
    clips: usize,
}

impl Canvas {
    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), pen: &Pen) {
        let data = format!("M{:.2} {:.2}L{:.2} {:.2}", from.0, from.1, to.0, to.1);
        self.path(&data, None, Some(pen));
    }

    pub fn path(&mut self, data: &str, fill: Option<Fill>, pen: Option<&Pen>) {
        if !data.is_empty() {
            self.push(format_args!("<path d=\"{data}\"{}{}/>", fill_attributes(fill), pen_attributes(pen)));
        }
    }

    pub fn circle(&mut self, centre: (f64, f64), radius: f64, fill: Option<Fill>, pen: Option<&Pen>) {
        let (x, y) = centre;
        let style = fill_attributes(fill) + &pen_attributes(pen);
        self.push(format_args!("<circle cx=\"{x:.2}\" cy=\"{y:.2}\" r=\"{radius:.2}\"{style}/>"));
    }

    /// A PNG stretched over `area`, its pixels kept as squares.
    pub fn image(&mut self, area: Area, png: &[u8]) {
        let Area { x, y, width, height } = area;
        let data = base64(png);
        self.push(format_args!(
            "<image x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width:.2}\" height=\"{height:.2}\" \
             preserveAspectRatio=\"none\" image-rendering=\"optimizeSpeed\" href=\"data:image/png;base64,{data}\"/>"
        ));
    }

    /// Draws `content` inside the outline `data` only.
    pub fn clipped(&mut self, data: &str, content: impl FnOnce(&mut Self)) {
        self.clips += 1;
        let id = self.clips;
        self.push(format_args!("<clipPath id=\"clip{id}\"><path d=\"{data}\"/></clipPath>"));
        self.push(format_args!("<g clip-path=\"url(#clip{id})\">"));
        content(self);
        self.push(format_args!("</g>"));
    }

    pub fn text(&mut self, at: (f64, f64), style: Type, words: &str) {
        if words.is_empty() {
            return;
        }
        let (x, y) = at;
        let anchor = match style.anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let turn = if style.turn == 0.0 {
            String::new()
        } else {
            format!(" transform=\"rotate({} {x:.2} {y:.2})\"", style.turn)
        };
        let place = format!("<text x=\"{x:.2}\" y=\"{y:.2}\" text-anchor=\"{anchor}\"{turn}");
        let font = format!("font-family=\"{}\" font-size=\"{}\"", text::FAMILY, style.size);
        if style.plate {
            self.plate(at, style, words);
        }
        let words = escape(words);
        self.push(format_args!("{place} {font} fill=\"{}\">{words}</text>", style.colour));
    }

    fn plate(&mut self, at: (f64, f64), style: Type, words: &str) {
        let width = text::width(words, style.size) + 6.0;
        let shift = match style.anchor {
            Anchor::Start => 3.0,
            Anchor::Middle => 0.5 * width,
            Anchor::End => width - 3.0,
        };
        let (x, y, height) = (at.0 - shift, at.1 - 0.95 * style.size, 1.25 * style.size);
        self.push(format_args!(
            "<rect x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width:.2}\" height=\"{height:.2}\" rx=\"3\" \
             fill=\"#ffffff\" fill-opacity=\"0.72\"/>"
        ));
    }

    /// The whole document, on white.
    pub fn finish(self, width: f64, height: f64) -> String {
        let body = self.body;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
             viewBox=\"0 0 {width:.0} {height:.0}\">\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{body}</svg>\n"
        )
    }

    fn push(&mut self, element: std::fmt::Arguments<'_>) {
        // Writing to a String cannot fail.
        let _ = self.body.write_fmt(element);
        self.body.push('\n');
    }
}

/// Path data of a line through `points`.
pub(super) fn trace(points: impl IntoIterator<Item = (f64, f64)>) -> String {
    let mut data = String::new();
    for (x, y) in points {
        let command = if data.is_empty() { 'M' } else { 'L' };
        let _ = write!(data, "{command}{x:.2} {y:.2}");
    }
    data
}

/// Path data of an upright ellipse.
pub(super) fn ellipse(centre: (f64, f64), half_width: f64, half_height: f64) -> String {
    let (x, y) = centre;
    let (left, right) = (x - half_width, x + half_width);
    let arc = format!("A{half_width:.2} {half_height:.2} 0 0 1");
    format!("M{left:.2} {y:.2}{arc} {right:.2} {y:.2}{arc} {left:.2} {y:.2}Z")
}

fn fill_attributes(fill: Option<Fill>) -> String {
    match fill {
        None => " fill=\"none\"".to_owned(),
        Some(Fill(colour, opacity)) => format!(" fill=\"{colour}\" fill-opacity=\"{opacity}\""),
    }
}

fn pen_attributes(pen: Option<&Pen>) -> String {
    let Some(pen) = pen else { return String::new() };
    let dash =
        if pen.dash.is_empty() { String::new() } else { format!(" stroke-dasharray=\"{}\"", pen.dash) };
    let Pen { colour, width, opacity, .. } = pen;
    format!(
        " stroke=\"{colour}\" stroke-width=\"{width}\" stroke-opacity=\"{opacity}\" stroke-linejoin=\"round\"{dash}"
    )
}

/// Text as XML character data. Characters that XML forbids become spaces.
pub(super) fn escape(words: &str) -> String {
    let mut out = String::with_capacity(words.len());
    for c in words.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = (0..3).fold(0_u32, |word, k| word << 8 | u32::from(chunk.get(k).copied().unwrap_or(0)));
        for k in 0..4 {
            let digit = DIGITS[(word >> (18 - 6 * k) & 63) as usize];
            out.push(if k <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ref_base64_pads_short_groups() {
        let coded: Vec<String> =
            ["", "f", "fo", "foo", "foob"].iter().map(|s| base64(s.as_bytes())).collect();
        assert_eq!(coded, ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg=="]);
    }

    #[test]
    fn law_markup_in_a_title_stays_text() {
        assert_eq!(escape("a<b & \"c\"\u{7}"), "a&lt;b &amp; &quot;c&quot; ");
    }
}
