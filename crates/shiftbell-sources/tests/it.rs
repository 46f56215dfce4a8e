//! One test binary.

mod it {
    mod generic;
    mod hostile;
    mod hubspot;
    mod sample;
    mod signatures;
    mod tables;
}
