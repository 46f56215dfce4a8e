//! shiftbell-store
