//! Sites that have an API, each played by a stand-in that behaves as its documentation says.

mod bluesky;
mod hackernews;
mod mastodon;
