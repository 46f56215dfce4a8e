//! One test binary.

mod it {
    mod hostile;
    mod hubspot;
    mod signatures;
}
