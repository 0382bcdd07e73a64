//! Dates as feeds write them: read where all dates are.

pub(super) use crate::text::date::parse;
