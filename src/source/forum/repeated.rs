//! Pages with repeated items.

use crate::source::forum::page::{Page, Sheet};

pub(super) fn read(_page: &Page<'_>) -> Option<Sheet> {
    None
}
