//! The names of this machine's users and groups, as its own lists have them.

/// Returns the name of a user of this machine, or the number where there is none.
pub fn user_name(uid: u32) -> String {
    name_of("/etc/passwd", uid).unwrap_or_else(|| format!("user {uid}"))
}

/// Returns the name that `list`, a file like `/etc/passwd`, has for a number.
pub fn name_of(list: &str, id: u32) -> Option<String> {
    lines(list).find(|(_, number)| *number == id).map(|(name, _)| name)
}

/// Returns the number that `list` has for a name.
pub fn id_of(list: &str, name: &str) -> Option<u32> {
    lines(list).find(|(known, _)| known == name).map(|(_, id)| id)
}

fn lines(list: &str) -> impl Iterator<Item = (String, u32)> {
    let text = std::fs::read_to_string(list).unwrap_or_default();
    let entries: Vec<(String, u32)> = text
        .lines()
        .filter_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next()?.to_owned();
            Some((name, fields.nth(1)?.parse().ok()?))
        })
        .collect();
    entries.into_iter()
}
