//! What a configuration takes from around it: the environment, the working folder, the machine's
//! time zone. And where things are when nothing says otherwise.

use chrono_tz::Tz;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The configuration of the machine.
const SYSTEM_FILE: &str = "/etc/vahti/vahti.toml";
/// Where systemd keeps the state of a service.
pub(super) const SYSTEM_STATE: &str = "/var/lib/vahti";
const SYSTEM_SOCKET: &str = "/run/vahti/vahti.sock";

/// What lies around the configuration. Its environment holds secrets, so it cannot be printed.
#[derive(Clone, Default)]
pub struct Surroundings {
    pub variables: HashMap<String, String>,
    /// The folder that relative paths on the command line start from.
    pub folder: PathBuf,
    /// The time zone of the machine, if it tells.
    pub zone: Option<Tz>,
    /// Whether secrets are left where they are and taken as empty: for commands that only ask, and are
    /// run by people who may not see them.
    pub without_secrets: bool,
}

impl Surroundings {
    /// Returns what lies around this process.
    pub fn of_process() -> Self {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        let variables: HashMap<_, _> = std::env::vars_os().filter_map(text).collect();
        let zone = machine_zone(variables.get("TZ").map(String::as_str));
        let folder = std::env::current_dir().unwrap_or_default();
        Self { variables, folder, zone, without_secrets: false }
    }

    /// Returns a variable that has something in it.
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Returns the absolute path in a variable; as with XDG, relative ones do not count.
    fn path(&self, name: &str) -> Option<PathBuf> {
        self.variable(name).map(PathBuf::from).filter(|path| path.is_absolute())
    }

    /// Returns the folder in `variable`, else `under` the home folder.
    fn xdg(&self, variable: &str, under: &str) -> Option<PathBuf> {
        self.path(variable).or_else(|| self.path("HOME").map(|home| home.join(under)))
    }

    /// Returns the first of the folders that systemd made and named in `variable`.
    fn systemd(&self, variable: &str) -> Option<PathBuf> {
        let first = self.variable(variable)?.split(':').next()?;
        Some(PathBuf::from(first)).filter(|path| path.is_absolute())
    }

    /// Returns where state is kept unless the configuration, which lies at `file`, says it.
    pub(super) fn state_dir(&self, file: &Path) -> Option<PathBuf> {
        if file.starts_with("/etc") {
            return Some(SYSTEM_STATE.into());
        }
        self.systemd("STATE_DIRECTORY")
            .or_else(|| self.xdg("XDG_STATE_HOME", ".local/state").map(|home| home.join("vahti")))
    }

    /// Returns the control socket unless the configuration says it.
    pub(super) fn control(&self, state_dir: &Path) -> PathBuf {
        match self.systemd("RUNTIME_DIRECTORY") {
            Some(folder) => folder.join("vahti.sock"),
            None if state_dir == Path::new(SYSTEM_STATE) => SYSTEM_SOCKET.into(),
            None => state_dir.join("vahti.sock"),
        }
    }
}

/// Returns the time zone of the machine: `$TZ`, else what `/etc/localtime` leads to.
fn machine_zone(variable: Option<&str>) -> Option<Tz> {
    if let Some(name) = variable.filter(|name| !name.is_empty()) {
        return name.trim_start_matches(':').parse().ok();
    }
    let file = std::fs::read_link("/etc/localtime").ok()?;
    let (_, name) = file.to_str()?.split_once("zoneinfo/")?;
    name.parse().ok()
}

/// Finds the configuration: what `--config` says, else `$VAHTI_CONFIG`, else that of the machine,
/// else that of the user.
///
/// # Errors
///
/// Says where it looked, and how to get one. What was named is not looked for: [`super::load`] says
/// what is wrong with it.
pub fn find(explicit: Option<&Path>, surroundings: &Surroundings) -> Result<PathBuf, String> {
    if let Some(path) = explicit {
        return Ok(path.to_owned());
    }
    if let Some(path) = surroundings.variable("VAHTI_CONFIG") {
        return Ok(path.into());
    }
    let user = surroundings.xdg("XDG_CONFIG_HOME", ".config");
    let places: Vec<PathBuf> = std::iter::once(PathBuf::from(SYSTEM_FILE))
        .chain(user.map(|home| home.join("vahti/vahti.toml")))
        .collect();
    if let Some(found) = places.iter().find(|path| path.exists()) {
        return Ok(found.clone());
    }
    let looked: Vec<_> = places.iter().map(|path| path.display().to_string()).collect();
    Err(format!(
        "there is no configuration: looked for {}; `vahti init` writes one to begin with, \
         `--config PATH` names one that lies elsewhere",
        looked.join(" and ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(variables: &[(&str, &str)]) -> Surroundings {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Surroundings { variables: variables.iter().map(own).collect(), ..Surroundings::default() }
    }

    #[test]
    fn what_is_named_is_taken_before_what_is_found() {
        let named = around(&[("VAHTI_CONFIG", "/b.toml"), ("HOME", "/nobody")]);
        assert_eq!(find(Some(Path::new("/a.toml")), &named), Ok("/a.toml".into()));
        assert_eq!(find(None, &named), Ok("/b.toml".into()));
    }

    #[test]
    fn the_users_own_is_found() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join(".config/vahti/vahti.toml");
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, "").unwrap();
        let own = around(&[("HOME", home.path().to_str().unwrap()), ("VAHTI_CONFIG", "")]);
        if !Path::new(SYSTEM_FILE).exists() {
            assert_eq!(find(None, &own), Ok(file));
        }
    }

    #[test]
    fn where_there_is_none_it_says_where_it_looked() {
        let nowhere = around(&[("XDG_CONFIG_HOME", "/nowhere"), ("HOME", "/home/nobody")]);
        if !Path::new(SYSTEM_FILE).exists() {
            let said = find(None, &nowhere).unwrap_err();
            assert!(said.contains("/etc/vahti/vahti.toml and /nowhere/vahti/vahti.toml"), "{said}");
            assert!(said.contains("vahti init"), "{said}");
        }
    }

    #[track_caller]
    fn check_state(file: &str, variables: &[(&str, &str)], state: Option<&str>) {
        let found = around(variables).state_dir(Path::new(file));
        assert_eq!(found, state.map(PathBuf::from));
    }

    #[test]
    fn state_has_its_place_without_being_told() {
        let both = [("STATE_DIRECTORY", "/var/lib/x:/var/lib/y"), ("XDG_STATE_HOME", "/s")];
        check_state("/etc/vahti/vahti.toml", &both, Some("/var/lib/vahti"));
        check_state("/srv/vahti.toml", &both, Some("/var/lib/x"));
        check_state(
            "/srv/vahti.toml",
            &[("XDG_STATE_HOME", "/s"), ("HOME", "/h")],
            Some("/s/vahti"),
        );
        let relative = [("XDG_STATE_HOME", "s"), ("HOME", "/h")];
        check_state("/srv/vahti.toml", &relative, Some("/h/.local/state/vahti"));
        check_state("/etcetera/vahti.toml", &[], None);
    }

    #[track_caller]
    fn check_control(state: &str, variables: &[(&str, &str)], socket: &str) {
        assert_eq!(around(variables).control(Path::new(state)), Path::new(socket));
    }

    #[test]
    fn the_socket_has_its_place_without_being_told() {
        check_control("/s", &[("RUNTIME_DIRECTORY", "/run/x")], "/run/x/vahti.sock");
        check_control("/var/lib/vahti", &[], "/run/vahti/vahti.sock");
        check_control("/s", &[], "/s/vahti.sock");
    }
}
