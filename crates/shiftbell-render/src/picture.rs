//! Pictures: SVG templates with figures, rasterised in pure Rust with the font that is built in.

use std::sync::{Arc, LazyLock};

use handlebars::Handlebars;
use resvg::tiny_skia::{Color, Pixmap, Transform};
use resvg::usvg::{self, ImageHrefResolver, Options, Tree, fontdb};

use crate::facts::Changed;
use crate::inline::cut;
use crate::template::{RenderError, escape};
use crate::words;

pub mod bowtie;
pub mod bridge;

/// A picture is at most this wide and high, in pixels: more is drawn smaller.
pub const SIDE_PX_MAX: f32 = 2_400.0;

static FONTS: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
    let mut fonts = fontdb::Database::new();
    fonts.load_font_data(include_bytes!("../assets/fonts/Inter-Regular-subset.otf").to_vec());
    fonts.load_font_data(include_bytes!("../assets/fonts/Inter-SemiBold-subset.otf").to_vec());
    Arc::new(fonts)
});

/// The engine of one picture: every figure and word is escaped for SVG and kept in one line.
fn engine(name: &'static str, text: &str) -> Result<Handlebars<'static>, RenderError> {
    let mut engine = Handlebars::new();
    engine.set_strict_mode(true);
    engine.register_escape_fn(|text| crate::html::escape(&escape::line(text)));
    let registered = engine.register_template_string(name, text);
    registered
        .map_err(|cause| RenderError::Template { template: format!("pictures/{name}"), why: cause.to_string() })?;
    Ok(engine)
}

/// `2 Nov: MQLs, MQL to SQL`, in at most so many letters; `None` where nothing changed.
fn changed(all: &[Changed], letters: usize) -> Option<String> {
    let said = all.iter().map(|one| format!("{}: {}", words::day(one.day), one.what.join(", ")));
    (!all.is_empty()).then(|| cut(&said.collect::<Vec<_>>().join("; "), letters))
}

/// Why there is no picture. The words go without it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    #[error("the picture cannot be drawn: {why}")]
    Undrawable { why: String },
    #[error("the picture cannot be written as PNG: {why}")]
    Unwritable { why: String },
}

/// The PNG of an SVG. The same SVG gives the same bytes. Takes some 10 to 30 ms: not for a thread that serves requests.
pub fn png(svg: &str) -> Result<Vec<u8>, PictureError> {
    let undrawable = |why: &dyn std::fmt::Display| PictureError::Undrawable { why: why.to_string() };
    let options = Options {
        font_family: "Inter".to_owned(),
        fontdb: Arc::clone(&FONTS),
        // A picture never opens a file, whatever its text says.
        image_href_resolver: ImageHrefResolver {
            resolve_data: ImageHrefResolver::default_data_resolver(),
            resolve_string: Box::new(|_, _| None),
        },
        ..Options::default()
    };
    let tree = Tree::from_str(svg, &options).map_err(|cause: usvg::Error| undrawable(&cause))?;
    let size = tree.size();
    let scale = (SIDE_PX_MAX / size.width()).min(SIDE_PX_MAX / size.height()).min(1.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most SIDE_PX_MAX, never negative")]
    let pixels = |side: f32| (side * scale).ceil().max(1.0) as u32;
    let (width, height) = (pixels(size.width()), pixels(size.height()));
    let mut pixmap = Pixmap::new(width, height).ok_or_else(|| undrawable(&"it has no size"))?;
    pixmap.fill(Color::WHITE);
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixmap.as_mut());
    encode(&pixmap)
}

/// Without transparency, which no picture has: a third less to write and to send.
fn encode(pixmap: &Pixmap) -> Result<Vec<u8>, PictureError> {
    let opaque: Vec<u8> = pixmap.data().chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, pixmap.width(), pixmap.height());
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    let unwritable = |cause: png::EncodingError| PictureError::Unwritable { why: cause.to_string() };
    let mut writer = encoder.write_header().map_err(unwritable)?;
    writer.write_image_data(&opaque).map_err(unwritable)?;
    writer.finish().map_err(unwritable)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_huge_picture_is_drawn_smaller() {
        let svg = r#"<svg xmlns="http://www.w3.org/2000/svg" width="99999" height="9999"/>"#;
        let png = png(svg).unwrap();
        assert_eq!(png[16..24], [0, 0, 9, 96, 0, 0, 0, 240]);
    }

    #[test]
    fn what_is_no_picture_is_refused_with_the_reason() {
        assert!(png("words").unwrap_err().to_string().starts_with("the picture cannot be drawn"));
        assert!(png("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"0\" height=\"0\"/>").is_err());
    }
}
