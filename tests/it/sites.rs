//! Sites that have an API, each played by a stand-in that behaves as its documentation says.

mod discourse;
mod hackernews;
mod peertube;
mod reddit;
