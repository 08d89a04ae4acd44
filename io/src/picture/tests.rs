//! Whole pictures: what is written, and what is refused.

use std::f64::consts::TAU;
use std::fs;

use resvg::tiny_skia::Pixmap;
use resvg::usvg::roxmltree::Document;

use super::*;

fn angles(count: usize) -> Vec<f64> {
    (0..count).map(|i| (i as f64 + 0.5) * TAU / count as f64).collect()
}

fn octant(p: &[f64; 3], _hint: usize) -> usize {
    usize::from(p[0] > 0.0) + 2 * usize::from(p[1] > 0.0) + 4 * usize::from(p[2] > 0.0)
}

/// A figure with every kind of panel, with `density` on circle and sphere.
fn everything(density: &[f64; 8]) -> Result<Picture, PictureError> {
    let (angles, points) = (angles(8), [[1.0, 2.0, 3.0], [0.0, 0.0, -1.0]]);
    let circle = |view| {
        CirclePanel::new("a < b & \"c\"")
            .view(view)
            .density("density", &angles, density)
            .particles("particles", &angles, density)
            .targets("teacher", &angles[..2])
    };
    let sphere = |view| {
        let panel = SpherePanel::new("sphere").view(view).field(density, &octant);
        panel.particles("particles", &points, &density[..2]).targets("teacher", &points)
    };
    Figure::new("Every kind of panel")
        .columns(2)
        .panel(circle(CircleView::Unrolled))
        .panel(circle(CircleView::Polar))
        .panel(sphere(SphereView::Mollweide))
        .panel(sphere(SphereView::Hemispheres(Coordinate::Y)).scale(Scale::Log))
        .panel(SeriesPanel::new("", "time", "objective F").line("F", &angles, density).y_scale(Scale::Log))
        .render()
}

const DENSITY: [f64; 8] = [0.0, 1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 21.0];

#[test]
fn law_svg_is_well_formed_and_needs_no_font() {
    let svg = everything(&DENSITY).unwrap().to_svg();
    let document = Document::parse(&svg).unwrap();
    let count = |name: &str| document.descendants().filter(|node| node.has_tag_name(name)).count();
    assert_eq!(document.root_element().tag_name().name(), "svg");
    assert_eq!((count("text"), svg.matches("font-").count()), (0, 0));
    assert!(count("path") > 100);
    // One map of the whole, two halves, and two colour bars.
    assert_eq!(count("image"), 5);
}

#[test]
fn law_png_has_twice_the_size_on_paper_and_is_opaque() {
    let picture = everything(&DENSITY).unwrap();
    let decoded = Pixmap::decode_png(&picture.to_png().unwrap()).unwrap();
    let (width, height) = picture.size();
    assert_eq!((f64::from(decoded.width()), f64::from(decoded.height())), (2.0 * width, 2.0 * height));
    assert_eq!(decoded.width(), 2400);
    assert!(decoded.pixels().iter().all(|pixel| pixel.alpha() == 255));
    let pixels = picture.to_pixels(0.5).unwrap();
    assert_eq!(pixels.rgba.len(), 4 * pixels.width as usize * pixels.height as usize);
    assert_eq!(pixels.width, 600);
    assert!(matches!(picture.to_pixels(0.0), Err(PictureError::TooLarge { .. })));
}

#[test]
fn law_the_colours_of_the_map_are_those_of_the_cells() {
    let values = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0];
    let picture = Figure::new("")
        .panel(SpherePanel::new("").field(&values, &octant))
        .render()
        .unwrap()
        .to_pixels(2.0)
        .unwrap();
    let yellow = picture.rgba.chunks(4).filter(|p| p[..3] == [0xfd, 0xe7, 0x25]).count();
    let purple = picture.rgba.chunks(4).filter(|p| p[..3] == [0x44, 0x01, 0x54]).count();
    // The map has equal areas: one octant against seven, less the graticule and its labels.
    assert!((6.6..7.4).contains(&(purple as f64 / yellow as f64)), "{purple} {yellow}");
}

#[test]
fn law_nothing_zeros_and_equal_values_can_be_drawn() {
    assert!(Figure::new("").render().is_ok());
    assert!(everything(&[0.0; 8]).is_ok());
    assert!(everything(&[3.0; 8]).is_ok());
    let (none, no_points) = (Vec::<f64>::new(), Vec::<[f64; 3]>::new());
    let circle =
        |view| CirclePanel::new("").view(view).density("d", &none, &none).particles("p", &none, &none);
    let sphere = SpherePanel::new("").field(&none, &octant).particles("p", &no_points, &none);
    let series = SeriesPanel::new("", "", "").line("", &none, &none).x_scale(Scale::Log);
    let figure = Figure::new("").panel(circle(CircleView::Unrolled)).panel(circle(CircleView::Polar));
    assert!(figure.panel(sphere).panel(series).render().unwrap().to_png().is_ok());
}

#[test]
fn law_values_that_cannot_be_drawn_are_named() {
    let angles = angles(3);
    let figure = |values: &[f64]| {
        Figure::new("").panel(CirclePanel::new("").density("sheet +1", &angles, values)).render().unwrap_err()
    };
    let message = figure(&[1.0, f64::NAN, 2.0]).to_string();
    assert!(message.contains("sheet +1") && message.contains("value 1 is NaN"), "{message}");
    assert!(matches!(figure(&[1.0, 2.0, f64::INFINITY]), PictureError::Value { index: 2, .. }));
    let masses =
        Figure::new("").panel(CirclePanel::new("").particles("p", &angles, &[1.0, 1.0, -1.0])).render();
    assert!(matches!(masses, Err(PictureError::Value { index: 2, value: -1.0, .. })));
    let origin = Figure::new("").panel(SpherePanel::new("").targets("t", &[[0.0; 3]])).render();
    assert!(matches!(origin, Err(PictureError::Value { index: 0, value: 0.0, .. })));
    let series = SeriesPanel::new("", "time", "F").line("F", &[f64::NAN], &[0.0]);
    assert!(matches!(Figure::new("").panel(series).render(), Err(PictureError::Value { .. })));
}

#[test]
fn law_writing_goes_by_extension_and_replaces_what_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let picture = Figure::new("Title").render().unwrap();
    let (png, svg) = (folder.path().join("a.png"), folder.path().join("a.svg"));
    fs::write(&png, "old").unwrap();
    picture.write(&png).unwrap();
    picture.write(&svg).unwrap();
    assert!(fs::read(&png).unwrap().starts_with(b"\x89PNG"));
    assert_eq!(fs::read_to_string(&svg).unwrap(), picture.to_svg());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn law_a_failed_write_is_an_error_and_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let picture = Figure::new("Title").render().unwrap();
    let missing = folder.path().join("missing").join("a.png");
    assert!(matches!(picture.write(&missing), Err(PictureError::Write { path, .. }) if path == missing));
    assert!(matches!(picture.write(folder.path().join("a.jpeg")), Err(PictureError::Format(_))));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    // A folder in the way: the sibling is written, cannot be renamed, and must go.
    let folder_in_the_way = folder.path().join("b.svg");
    fs::create_dir(&folder_in_the_way).unwrap();
    assert!(picture.write(&folder_in_the_way).is_err());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn law_a_million_particles_are_thinned_with_a_note() {
    let count = 1_000_000;
    let (angles, masses) = (angles(count), vec![1e-6; count]);
    let panel = CirclePanel::new("").particles("particles", &angles, &masses);
    let svg = Figure::new("").panel(panel).render().unwrap().to_svg();
    assert!(svg.len() < 20_000_000, "{}", svg.len());
}

#[test]
#[should_panic(expected = "one value for each angle")]
fn ref_slices_of_different_length_are_a_mistake_of_the_caller() {
    let _ = CirclePanel::new("").density("density", &[0.0], &[]);
}
