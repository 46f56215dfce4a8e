//! How an account of HubSpot is set up: read with every round, kept, and used to read what comes.

mod reading;
