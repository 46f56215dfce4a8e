//! shiftbell
