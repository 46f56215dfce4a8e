//! The pictures can be drawn, and are written to `target/tmp` to be looked at.

use shiftbell_render::messages::Notice;
use shiftbell_render::picture;

#[test]
fn every_picture_is_a_png_of_its_size_and_the_same_twice() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let mut drawn = 0;
    for (sample, notice) in Notice::samples() {
        let Some(picture) = notice.document().unwrap().picture else { continue };
        let png = picture::png(&picture.svg).unwrap();
        assert_eq!(&png[1..4], b"PNG");
        assert_eq!(png[16..24], [0, 0, 4, 176, 0, 0, 2, 118], "1200 x 630");
        assert_eq!(picture::png(&picture.svg).unwrap(), png);
        assert!(!picture.alt.is_empty());
        std::fs::write(folder.join(format!("{}.{sample}.png", notice.name())), png).unwrap();
        drawn += 1;
    }
    assert!(drawn >= 2, "the bowtie has pictures");
}
