//! `triage keys`: the keys that seal, and those by which key hashes are made, changed while a service goes on.

use std::process::ExitCode;

use super::import::{INTERRUPTED, bar_of};
use super::{Outcome, say};
use crate::app::{App, Rekeyed, SealedBy};
use crate::domain::ids::SealKeyId;
use crate::lifecycle::Lifecycle;

/// What is done with sealing keys.
#[derive(Debug, clap::Subcommand)]
pub(super) enum KeysCommand {
    /// 查看封存密钥：编号、启用时间、以它封存的项数、现用的是哪一把
    #[command(after_help = "示例：\n  triage keys list")]
    List {
        /// 输出 JSON；时间为 1970 年起的微秒数
        #[arg(long)]
        json: bool,
    },
    /// 更换封存密钥：新内容自此以新密钥封存，不必停止服务
    #[command(after_help = ROTATE_HELP)]
    Rotate,
    /// 重新封存：把以旧密钥封存的内容改由现用密钥封存，不必停止服务
    #[command(after_help = RESEAL_HELP)]
    Reseal,
    /// 更换标识密钥：关联、查找和雷同文本所用的散列全部按新密钥重算，不必停止服务
    #[command(after_help = REKEY_HELP)]
    Rekey {
        /// 只把新密钥写入 identity.key，暂不使用；几台机器共用一个数据库的，先复制到每一台
        #[arg(long)]
        prepare: bool,
        /// 输出 JSON
        #[arg(long)]
        json: bool,
    },
    /// 删除不再使用的封存密钥；还有内容以它封存的不能删除
    #[command(after_help = REMOVE_HELP)]
    Remove {
        /// 编号
        #[arg(value_name = "ID")]
        id: u32,
    },
}

const ROTATE_HELP: &str = "\
新密钥写入 identity.key 的末行，此后请立即另存一份 identity.key：缺少其中一把，以它封存的内容就无法打开。旧密钥继续用来打开旧内容。
标识、口令和链头签名由首行的身份密钥派生，不受影响。

示例：
  triage keys rotate
  triage keys reseal";

const RESEAL_HELP: &str = "\
分小批进行，可以用 Ctrl-C 中断，再执行一次即从中断处继续。只改变封存的字节，变更记录、审计链和重放结果不变。

示例：
  triage keys reseal";

const REKEY_HELP: &str = "\
先在旧标识之外按新密钥重算，赶上新来的变更后，以一条变更记录换用，再清理旧标识。可以用 Ctrl-C 中断，再执行一次即从中断处继续；
未完成之前，旧密钥照常使用，到期的清除顺延。已清除的登记件没有可重算的内容，保持原样。换用后请立即另存一份 identity.key：缺少现用的
标识密钥，服务不能启动。调用方的请求凭证、翻页凭证、口令和链头签名由首行的身份密钥派生，不受影响。
数据在 PostgreSQL 中的，先 --prepare，把 identity.key 复制到每一台机器，再执行本命令；缺少新密钥的机器在换用后不再办理，并说明缺哪一把。

示例：
  triage keys rekey
  triage keys rekey --prepare";

const REMOVE_HELP: &str = "\
此前的备份仍以旧密钥封存：备份保存期满之前，请另行保管存有旧密钥的 identity.key。0 号由身份密钥派生，不能删除。

示例：
  triage keys remove 1";

pub(super) async fn keys(app: &App, command: KeysCommand) -> Outcome {
    match command {
        KeysCommand::List { json } => {
            let keys = app.seal_keys().await?;
            if json {
                say(&serde_json::to_string_pretty(&keys)?)?;
            } else {
                keys.iter().try_for_each(|key| say(&line(key)))?;
            }
        }
        KeysCommand::Rotate => {
            let id = app.rotate_seal_key().await?;
            say(&format!(
                "已启用 {id} 号封存密钥；请立即另存一份 {}",
                app.data().join("identity.key").display()
            ))?;
        }
        KeysCommand::Reseal => return reseal(app).await,
        KeysCommand::Rekey { prepare: true, json } => {
            let key = app.prepare_rekey().await?;
            if json {
                say(&serde_json::to_string_pretty(&serde_json::json!({ "prepared": key }))?)?;
            } else {
                say(&format!(
                    "已预备 {key} 号标识密钥，尚未使用；请另存一份 {}，并复制到共用该数据库的每一台机器，再执行 triage keys rekey",
                    app.data().join("identity.key").display()
                ))?;
            }
        }
        KeysCommand::Rekey { prepare: false, json } => return rekey(app, json).await,
        KeysCommand::Remove { id } => {
            app.remove_seal_key(SealKeyId(id)).await?;
            say(&format!("已删除 {id} 号封存密钥；此前的备份仍须用存有它的 identity.key 打开"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn reseal(app: &App) -> Outcome {
    let life = Lifecycle::with_signals()?;
    let mut bar = bar_of("重新封存", "项");
    let count = |values: u64| usize::try_from(values).unwrap_or(usize::MAX);
    let done = app.reseal(|done, all| {
        bar(count(done), count(all));
        !life.is_stopping()
    });
    let done = done.await?;
    say(&format!("已重新封存 {} 项", done.values))?;
    if done.unopened > 0 {
        say(&format!("另有 {} 项无法打开，没有改动：已被改动，或者密钥不全", done.unopened))?;
    }
    if done.is_stopped {
        say("已中断：再次执行 triage keys reseal 即可继续")?;
        return Ok(ExitCode::from(INTERRUPTED));
    }
    Ok(ExitCode::SUCCESS)
}

async fn rekey(app: &App, json: bool) -> Outcome {
    let life = Lifecycle::with_signals()?;
    let mut bar = bar_of("重算标识", "个变更");
    let count = |events: u64| usize::try_from(events).unwrap_or(usize::MAX);
    let done = app.rekey(|done, all| {
        bar(count(done), count(all));
        !life.is_stopping()
    });
    let done = Box::pin(done).await?;
    let code = if done.is_stopped { ExitCode::from(INTERRUPTED) } else { ExitCode::SUCCESS };
    if json {
        say(&serde_json::to_string_pretty(&done)?)?;
        return Ok(code);
    }
    let Rekeyed { key, submissions, purged, is_in_use, is_stopped } = done;
    if is_in_use {
        let file = app.data().join("identity.key");
        say(&format!("已换用 {key} 号标识密钥，重算 {submissions} 件；请立即另存一份 {}", file.display()))?;
        if purged > 0 {
            say(&format!("另有 {purged} 件已清除，没有可重算的内容，保持原样"))?;
        }
    }
    if is_stopped {
        let stands = if is_in_use { "旧标识尚未清理完" } else { "仍使用原来的标识密钥" };
        say(&format!("已中断，{stands}：再次执行 triage keys rekey 即可继续"))?;
    }
    Ok(code)
}

fn line(SealedBy { key, made_at, is_current, values }: &SealedBy) -> String {
    let made = made_at.map_or_else(|| "由身份密钥派生".to_owned(), |at| format!("{} 启用", at.display()));
    let current = if *is_current { "　现用" } else { "" };
    format!("{key} 号　{made}　封存 {values} 项{current}")
}
