//! Sites that have an API, each played by a stand-in that behaves as its documentation says.

mod aftermath;
mod appstore;
mod bluesky;
mod discourse;
mod facebook;
mod googlebusiness;
mod googleplay;
mod hackernews;
mod instagram;
mod intake;
mod json;
mod kept;
mod lemmy;
mod mastodon;
mod peertube;
mod reddit;
mod stackexchange;
mod telegram;
mod trustpilot;
mod x;
mod youtube;
