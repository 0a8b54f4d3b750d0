//! `triage backup`: a consistent copy, made while the service runs.

use std::path::PathBuf;

use clap::Args;

use super::say;
use crate::app::{App, BackedUp};
use crate::domain::time::Timestamp;

pub(super) const HELP: &str = "\
Works beside `triage serve`: the copy is the database as it stands at one moment, and it is opened and looked through before \
it gets its name. Copying triage.db by hand is not a backup: the latest of it stands in triage.db-wal. The key is not \
copied; keep identity.key elsewhere. A database in PostgreSQL is copied with pg_dump.

To restore: stop `triage serve`, put triage.db (alone, mode 600) and identity.key (mode 600) into an empty directory of mode \
700, and start `triage serve --data` there.

Example:
  triage backup /backup/triage-20261128";

/// Where to.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Directory for the copy, empty or not there yet
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    /// Print JSON; times are microseconds since 1970
    #[arg(long)]
    json: bool,
}

pub(super) async fn backup(app: &App, asked: Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let backed_up = app.backup(&asked.directory).await?;
    if asked.json {
        say(&serde_json::to_string_pretty(&backed_up)?)?;
        return Ok(());
    }
    let BackedUp { file, bytes, bureaus } = backed_up;
    say(&format!("已备份并核对：{}（{bytes} 字节）", file.display()))?;
    for bureau in bureaus {
        let at = Timestamp(bureau.recorded_at_us).display();
        say(&format!("  机构 {}：至第 {} 条记录，{at}", bureau.bureau, bureau.sequence))?;
    }
    say("  不含密钥：恢复时还需要 identity.key")?;
    Ok(())
}
