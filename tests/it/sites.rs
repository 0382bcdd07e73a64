//! Sites that have an API, each played by a stand-in that behaves as its documentation says.

mod appstore;
mod bluesky;
mod hackernews;
mod lemmy;
mod mastodon;
mod peertube;
mod stackexchange;
