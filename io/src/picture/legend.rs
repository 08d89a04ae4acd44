//! Headings of panels: a title, and a legend beside nothing that it could hide.

use super::canvas::{Anchor, Area, Canvas, Fill, Pen, Type};
use super::colour::{INK, Rgb, SOFT_INK, WHITE};
use super::text;

const TITLE: f64 = 17.0;
const LABEL: f64 = 14.0;
const NOTE: f64 = 13.0;
/// Width of a sample of line or mark.
const SAMPLE: f64 = 26.0;
const ROW: f64 = 24.0;

const TITLE_ROOM: f64 = TITLE + 13.0;

/// What a legend shows before a label.
#[derive(Clone, Copy, Debug)]
pub(super) enum Mark {
    Line(Pen),
    Dot(Rgb),
    Bead(Rgb),
    Cross,
}

/// One label of a legend.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub mark: Mark,
    pub label: String,
}

impl Entry {
    pub fn new(mark: Mark, label: &str) -> Self {
        Self { mark, label: label.to_owned() }
    }
}

/// Draws title and legend at the top of `area`; gives what is left below them. Entries without label are left out.
pub(super) fn heading(canvas: &mut Canvas, area: Area, title: &str, entries: &[Entry]) -> Area {
    let mut y = area.y;
    if !title.is_empty() {
        let size = (area.width / text::width(title, 1.0)).clamp(8.0, TITLE);
        canvas.text((area.x, y + TITLE), Type::new(size, INK, Anchor::Start), title);
        y += TITLE_ROOM;
    }
    for (entry, left, row) in arranged(area.width, entries) {
        let at = (area.x + left, y + (row as f64 + 0.5) * ROW);
        sample(canvas, at, entry.mark);
        let style = Type::new(LABEL, INK, Anchor::Start);
        canvas.text((at.0 + SAMPLE + 8.0, at.1 + 5.0), style, &entry.label);
    }
    let y = area.y + heading_height(area.width, title, entries);
    Area { y, height: (area.bottom() - y).max(1.0), ..area }
}

/// Height that [`heading`] takes.
pub(super) fn heading_height(width: f64, title: &str, entries: &[Entry]) -> f64 {
    let title = if title.is_empty() { 0.0 } else { TITLE_ROOM };
    let rows = arranged(width, entries).last().map_or(0, |(_, _, row)| row + 1);
    title + rows as f64 * ROW + 4.0
}

/// Entries with their distance from the left and their row.
fn arranged(width: f64, entries: &[Entry]) -> Vec<(&Entry, f64, usize)> {
    let (mut left, mut row) = (0.0, 0);
    let mut places = Vec::new();
    for entry in entries.iter().filter(|entry| !entry.label.is_empty()) {
        let length = SAMPLE + 8.0 + text::width(&entry.label, LABEL);
        if left > 0.0 && left + length > width {
            (left, row) = (0.0, row + 1);
        }
        places.push((entry, left, row));
        left += length + 22.0;
    }
    places
}

/// Height that `lines` notes take.
pub(super) fn notes_height(lines: usize) -> f64 {
    lines as f64 * (NOTE + 6.0)
}

/// Remarks below a panel, the last one at the lower edge of `area`.
pub(super) fn notes(canvas: &mut Canvas, area: Area, lines: &[String]) {
    for (k, line) in lines.iter().rev().enumerate() {
        let size = (area.width / text::width(line, 1.0)).clamp(7.0, NOTE);
        let y = area.bottom() - 4.0 - notes_height(k);
        canvas.text((area.x, y), Type::new(size, SOFT_INK, Anchor::Start), line);
    }
}

fn sample(canvas: &mut Canvas, at: (f64, f64), mark: Mark) {
    let (x, y) = at;
    let middle = (x + 0.5 * SAMPLE, y);
    match mark {
        Mark::Line(pen) => canvas.line((x, y), (x + SAMPLE, y), &pen),
        Mark::Dot(colour) => dot(canvas, middle, 5.0, colour),
        Mark::Bead(colour) => bead(canvas, middle, 5.0, colour),
        Mark::Cross => cross(canvas, middle),
    }
}

/// A dot with a dark rim, visible on white and on every colour. Small ones go without: rims would hide their colour.
pub(super) fn dot(canvas: &mut Canvas, at: (f64, f64), radius: f64, colour: Rgb) {
    let rim = Pen::solid(INK, (0.22 * radius).clamp(0.4, 1.0));
    canvas.circle(at, radius, Some(Fill(colour, 0.92)), (radius >= 1.4).then_some(&rim));
}

/// A translucent dot for white ground: where many lie on each other it gets darker.
pub(super) fn bead(canvas: &mut Canvas, at: (f64, f64), radius: f64, colour: Rgb) {
    let rim = Pen::solid(colour, 0.8);
    canvas.circle(at, radius, Some(Fill(colour, 0.35)), (radius >= 2.5).then_some(&rim));
}

/// A black cross with a white rim.
pub(super) fn cross(canvas: &mut Canvas, at: (f64, f64)) {
    let (x, y) = at;
    let arm = 7.0;
    for pen in [Pen::solid(WHITE, 5.5), Pen::solid(INK, 2.4)] {
        canvas.line((x - arm, y - arm), (x + arm, y + arm), &pen);
        canvas.line((x - arm, y + arm), (x + arm, y - arm), &pen);
    }
}
