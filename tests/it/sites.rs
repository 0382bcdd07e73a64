//! Sites that have an API, each played by a stand-in that behaves as its documentation says.

mod appstore;
mod hackernews;
mod lemmy;
mod peertube;
mod stackexchange;
