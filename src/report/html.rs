//! A report as one HTML document: nothing is loaded from anywhere, it reads on a phone and on paper, and
//! escaping is the template's.

use super::view::Page;
use askama::Template;

#[derive(Template)]
#[template(path = "report.html")]
struct Document<'a> {
    page: &'a Page,
}

/// Renders a page.
pub(super) fn render(page: &Page) -> String {
    // Writing into a string fails only where a value's own rendering does, and ours are strings.
    Document { page }.render().unwrap_or_default()
}
