//! shiftbell-render
