//! vahti hears what people say about a brand, and makes sure that someone answers.
//!
//! Data flows one way. A module may use itself and the rows above its own, never its neighbours in
//! the row:
//!
//! | Row | Modules | May know about |
//! | --- | --- | --- |
//! | 0 | [`text`] [`query`] [`schedule`] | nothing of ours |
//! | 1 | [`brand`] [`post`] [`fetch`] | row 0 |
//! | 2 | [`source`] [`matching`] [`enrich`] [`delivery`] | posts, brands, requests |
//! | 3 | [`mention`] | what a post turned out to be |
//! | 4 | [`dedup`] [`ticket`] [`alert`] | mentions |
//! | 5 | [`digest`] [`report`] [`store`] | everything that is told or remembered |
//! | 6 | [`pipeline`] | the whole, without tasks |
//! | 7 | [`ask`] | what people ask and order |
//! | 8 | [`control`] | questions and answers |
//! | 9 | [`config`] | everything that can be configured |
//! | 10 | [`daemon`] | tasks, time, signals |
//! | 11 | [`cli`] | people |

pub mod alert;
pub mod ask;
pub mod brand;
pub mod cli;
pub mod config;
pub mod control;
pub mod daemon;
pub mod dedup;
pub mod delivery;
pub mod digest;
pub mod enrich;
pub mod fetch;
pub mod matching;
pub mod mention;
pub mod pipeline;
pub mod post;
pub mod query;
pub mod report;
pub mod schedule;
pub mod source;
pub mod store;
#[cfg(test)]
mod testing;
pub mod text;
pub mod ticket;
