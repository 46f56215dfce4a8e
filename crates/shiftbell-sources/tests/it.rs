//! One test binary.

mod it {
    mod generic;
    mod hostile;
    mod hubspot;
    mod labels;
    mod signatures;
    mod tables;
}
