//! Sites that have an API, each played by a stand-in that behaves as its documentation says.

mod googlebusiness;
mod googleplay;
mod hackernews;
mod kept;
mod peertube;
mod telegram;
mod trustpilot;
