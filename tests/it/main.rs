//! The tests that see vahti from outside, as one program so that it links once.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
#![expect(clippy::disallowed_methods, reason = "tests wait on threads of their own")]

mod support;

mod architecture;
mod canary;
mod commands;
mod config;
mod crashes;
mod daemon;
mod desks;
mod feed;
mod guest;
mod judged;
mod listed;
mod looks;
mod mail;
mod mainjob;
mod recovery;
mod rogue;
mod rooms;
mod sites;
mod store;
mod stories;
mod trace;
mod web;
mod weeks;
