//! Forums.

#[cfg(test)]
mod corpus;
mod dates;
mod detect;
pub mod page;
pub mod pages;
mod posts;
pub mod preset;
mod repeated;
pub mod selector;
mod semantic;
mod text;
mod tidy;
mod topics;
