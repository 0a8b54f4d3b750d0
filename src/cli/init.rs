//! `triage init`: a new bureau in a directory of its own.

use super::say;
use crate::app::{App, AppError, Config};
use crate::clock::Clock;

pub(super) const HELP: &str = "\
在空的（或者尚不存在的）数据目录中新建密钥文件和数据库；上次中断的，接着做完。triage bureau load 也会先新建，其他命令都不会。
请将 identity.key 另行保管一份，不要与数据库备份放在一起：没有它，封存的内容无法打开。

示例：
  triage init
  triage init --data /var/lib/triage
  TRIAGE_DATABASE=postgres://triage@127.0.0.1/triage triage init";

pub(super) async fn init(config: Config) -> Result<(), Box<dyn std::error::Error>> {
    let app = App::open_new(config, Clock::System).await?;
    say_made(&app)?;
    say("下一步：triage bureau load 机构文件.toml")?;
    app.write_heads().await;
    app.context.store.close().await;
    Ok(())
}

/// Opens the data directory for a bureau file, making it where nothing was kept yet; whoever mistyped a directory reads which it is.
pub(super) async fn open_or_new(config: Config) -> Result<App, Box<dyn std::error::Error>> {
    let (app, is_new) = App::open_or_new(config, Clock::System).await?;
    if is_new {
        say_made(&app)?;
    }
    Ok(app)
}

fn say_made(app: &App) -> Result<(), Box<dyn std::error::Error>> {
    let data = std::path::absolute(app.data())
        .map_err(|source| AppError::File { path: app.data().to_owned(), source })?;
    say(&format!(
        "已新建：{}（密钥 identity.key 请另行保管一份，不要与数据库备份放在一起）",
        data.display()
    ))?;
    Ok(())
}
