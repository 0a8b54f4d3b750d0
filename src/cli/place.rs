//! Where the bureau is: a data directory, and a database whose password is no argument.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::app::Config;

/// Arguments can be read by every process of the machine.
#[derive(Debug, thiserror::Error)]
#[error("命令行参数中不能含有数据库口令；请放在 PGPASSWORD、pgpass 文件或 TRIAGE_DATABASE 中")]
struct SecretInArguments;

/// Refuses a database URL with a password in it when it was given as an argument.
fn refuse_secrets(
    url: Option<&str>,
    arguments: impl Iterator<Item = OsString>,
) -> Result<(), SecretInArguments> {
    let Some(url) = url else { return Ok(()) };
    let user = url.split_once("://").and_then(|(_, rest)| rest.rsplit_once('@')).map_or("", |(user, _)| user);
    let has_password = user.contains(':') || url.contains("password=");
    let mut arguments = arguments.map(|argument| argument.to_string_lossy().into_owned());
    if has_password && arguments.any(|argument| argument.contains(url)) {
        Err(SecretInArguments)
    } else {
        Ok(())
    }
}

/// Where the bureau is.
pub(super) fn of(data: PathBuf, database: Option<String>) -> Result<Config, Box<dyn std::error::Error>> {
    // An empty variable is how compose files and unit files say "not set".
    let database = database.filter(|url| !url.is_empty());
    refuse_secrets(database.as_deref(), std::env::args_os())?;
    Ok(Config { data, database })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_an_argument_is_refused() {
        let refused = |url: &str, argument: &str| {
            refuse_secrets(Some(url), ["triage", argument].into_iter().map(OsString::from)).is_err()
        };
        for url in [
            "postgres://triage:secret@127.0.0.1/triage",
            "postgres://triage@h/d?password=secret",
            "postgres://a:b/c@h/d",
        ] {
            assert!(refused(url, url) && refused(url, &format!("--database={url}")), "{url}");
            assert!(!refused(url, "serve"), "from the environment it is fine");
        }
        let plain = "postgres://triage@127.0.0.1:5432/triage";
        assert!(!refused(plain, plain));
    }
}
