//! `triage backup`: a consistent copy, made while the service runs.

use std::path::PathBuf;

use clap::Args;

use super::say;
use crate::app::{App, BackedUp};
use crate::domain::time::Timestamp;

pub(super) const HELP: &str = "\
不必停止服务：备份是数据库某一时刻的完整副本，核对无误后才定名。直接复制 triage.db 不是备份，最新的内容还在 triage.db-wal 中。
备份不含密钥，identity.key 须另行保管。数据在 PostgreSQL 中的，用 pg_dump 备份。
制作时间写在旁边的 backup.json 中：此后按规定清除（triage purge）的内容仍在该备份中，直至它按其保存期限销毁；由备份恢复之后，请再执行
一次 triage purge。

恢复：停止服务，将 triage.db（仅此一个文件，权限 600）和 identity.key（权限 600）放入权限为 700 的空目录，再以
triage serve --data 该目录 启动。

示例：
  triage backup /backup/triage-20261128";

/// Where to.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// 备份目录，须为空或者尚不存在
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    /// 输出 JSON；时间为 1970 年起的微秒数
    #[arg(long)]
    json: bool,
}

pub(super) async fn backup(app: &App, asked: Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let backed_up = app.backup(&asked.directory).await?;
    if asked.json {
        say(&serde_json::to_string_pretty(&backed_up)?)?;
        return Ok(());
    }
    let BackedUp { file, bytes, made_at_us, bureaus } = backed_up;
    say(&format!("已备份并核对：{}（{bytes} 字节）", file.display()))?;
    say(&format!("  制作时间：{}（见 backup.json）", Timestamp(made_at_us).display()))?;
    for bureau in bureaus {
        let at = Timestamp(bureau.recorded_at_us).display();
        say(&format!("  机构 {}：至第 {} 条记录，{at}", bureau.bureau, bureau.sequence))?;
    }
    say("  不含密钥：恢复时还需要 identity.key")?;
    Ok(())
}
