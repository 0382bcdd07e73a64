//! Sites that have an API, each played by a stand-in that behaves as its documentation says.

mod hackernews;
mod intake;
mod json;
mod peertube;
