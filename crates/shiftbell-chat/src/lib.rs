//! shiftbell-chat
