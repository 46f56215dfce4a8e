//! One test binary.

mod it {
    mod generic;
    mod hostile;
    mod hubspot;
    mod signatures;
    mod tables;
}
