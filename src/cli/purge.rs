//! `triage purge`: what is due is purged.

use std::process::ExitCode;

use super::import::{INTERRUPTED, bar_of};
use super::{Outcome, say};
use crate::app::{App, PurgeDone};
use crate::domain::ids::BureauId;
use crate::domain::purge::Hold;
use crate::lifecycle::Lifecycle;
use crate::store::Rewritten;

pub(super) const HELP: &str = "\
保存期限由机构文件的 [settings.retention] 设定（投诉件、举报件办结后各保存几年，依据哪个文件）；没有设定的，不清除任何内容。
清除的是个人信息和文字内容：姓名、电话、证件号码、地址、具体问题、诉求，以及办理中写下的理由、记录和文书。保留的是编号、类别、金额、
日期、决定、评分及其理由和向量，统计不变。尚未办结的、正在复议诉讼的、与未办结投诉关联的，一律不清除。
审计记录不含个人信息，不清除。此前的备份仍含已清除的内容，直至该备份按其保存期限销毁。
分小批进行，服务运行时也可以执行；可以用 Ctrl-C 中断，再执行一次即从中断处继续。设定了 daily_at 的，服务每天到时自行清除。

示例：
  triage purge --dry-run     # 只看将清除多少、为什么保留
  triage purge
  triage purge --json";

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// 只列出将清除的件数（按办结年份）和保留的原因，不作改动
    #[arg(long)]
    dry_run: bool,
    /// 以 JSON 输出结果
    #[arg(long)]
    json: bool,
}

pub(super) async fn purge(app: &App, bureau: BureauId, asked: Arguments) -> Outcome {
    let life = Lifecycle::with_signals()?;
    let mut bar = bar_of("清除", "件");
    let go_on = |done, all| {
        bar(done, all);
        !life.is_stopping()
    };
    let done = app.purge(bureau, asked.dry_run, go_on).await?;
    if asked.json {
        say(&serde_json::to_string_pretty(&done)?)?;
    } else {
        lines(&done).iter().try_for_each(|line| say(line))?;
    }
    Ok(if done.stopped { ExitCode::from(INTERRUPTED) } else { ExitCode::SUCCESS })
}

fn lines(done: &PurgeDone) -> Vec<String> {
    let Some(kept) = &done.retention else {
        return vec!["机构文件没有设定保存期限（settings.retention），没有清除任何内容".to_owned()];
    };
    let years = |years: Option<u8>| years.map_or_else(|| "永久".to_owned(), |years| format!("{years} 年"));
    let terms = (years(kept.complaint_years), years(kept.report_years));
    let mut lines =
        vec![format!("保存期限（办结后）：投诉件 {}，举报件 {}；依据：{}", terms.0, terms.1, kept.basis)];
    let verb = if done.dry_run { "应清除" } else { "已清除" };
    lines.push(format!("{verb} {} 件登记件的个人信息和文字内容", done.submissions()));
    lines.extend(done.purged.iter().map(|(year, count)| format!("  {year} 年办结：{count} 件")));
    let held: usize = done.kept.values().sum();
    if held > 0 {
        lines.push(format!("保留 {held} 件（接收已满最短保存年数的）"));
        let why = |(hold, count): (&Hold, &usize)| format!("  {}：{count} 件", hold.zh());
        lines.extend(done.kept.iter().map(why));
    }
    lines.extend(done.file.map(rewritten));
    if !done.dry_run && done.submissions() > 0 {
        lines.push(
            "  此前的备份仍含已清除的内容，直至该备份按其保存期限销毁；制作时间见备份目录中的 backup.json"
                .to_owned(),
        );
    }
    if done.stopped {
        lines.push("  已中断：再次执行 triage purge 即可继续".to_owned());
    }
    lines
}

fn rewritten(file: Rewritten) -> String {
    match file {
        Rewritten::Whole => "  数据库文件已整理，文件中不再留有旧内容",
        Rewritten::Busy => {
            "  数据库文件正被其他进程读取，旧内容尚留在文件的空闲页或者日志（-wal）中；请稍后再执行 triage purge，或者停止服务后执行"
        }
        Rewritten::ByServer => {
            "  数据库在 PostgreSQL 中：旧内容留在已失效的行中，由其 VACUUM 回收；须立即抹去的，请在停用时段执行 VACUUM FULL event, history, search_key, anchor, cut。\
             预写日志归档和备库按其各自的保存期限处理"
        }
    }
    .to_owned()
}
