//! shiftbell-sources
