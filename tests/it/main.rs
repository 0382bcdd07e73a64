//! The tests that see vahti from outside, as one program so that it links once.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
#![expect(clippy::disallowed_methods, reason = "tests wait on threads of their own")]

mod support;

mod architecture;
mod commands;
mod config;
mod daemon;
mod desks;
mod guest;
mod judged;
mod listed;
mod mail;
mod mainjob;
mod recovery;
mod rooms;
mod sites;
mod store;
mod stories;
mod weeks;
