//! `triage audit`: whether the trail is whole, and what is in it.

use std::path::PathBuf;
use std::process::ExitCode;

use super::import::bar_of;
use super::{Data, Outcome, day, existing, office, say};
use crate::app::{App, Config};
use crate::audit::found::{Stretch, Verified};
use crate::audit::words::words_of;
use crate::domain::ids::{BureauId, OfficerId, RegistrationNumber};
use crate::domain::time::{Day, Days};
use crate::service::{Shown, TrailAsked};

/// What is done with the trail.
#[derive(Debug, clap::Subcommand)]
pub(super) enum AuditCommand {
    /// 核验审计链：有无改动、缺失、插入、调换、截尾，哪些尚未锚定
    #[command(after_help = VERIFY_HELP)]
    Verify(VerifyArguments),
    /// 查看审计记录：何时、何人、做了什么、哪一件；查看本身也会被记录
    #[command(after_help = SHOW_HELP)]
    Show(ShowArguments),
    /// 显示链头签名的公钥（PEM）
    #[command(after_help = KEY_HELP)]
    Key,
}

const VERIFY_HELP: &str = "\
每条审计记录的哈希涵盖前一条的哈希，链头（最新的编号和哈希）签名后每分钟写入数据库之外的链头文件。本命令逐条重新计算，并与变更记录、
链头文件核对。完整的以 0 退出，发现改动的以 2 退出，不能核验的以 1 退出；不写入任何内容，服务运行时也可以执行。

最新签名链头之后的记录“未锚定”：能够写数据库的人改动这些记录并重新计算哈希，无从发现。请把链头文件放在另一磁盘（triage.toml 的
[audit] heads），并定期抄存。由备份恢复之后，数据库落后于原链头文件，会报告截尾：请保留原文件备查，服务会写出新的文件。

--json 的形式（format 1）：
  intact, rows, events      是否完整、审计记录和变更各多少
  head, anchored            库内链头和最新签名链头：number、hash，后者另有 time
  before                    链接启用前的记录到哪一编号为止
  unlinked, resumed         旧版本程序写入的未链接记录，以及链接续的编号
  not_anchored              未锚定的记录：from、to
  heads, torn               读到的签名链头数，末行未写完的链头文件
  findings, more            发现：kind、of（row、event、line、head）、from、to、file、text；未列出的还有多少

示例：
  triage audit verify
  triage audit verify --heads /mnt/抄存/audit-heads.jsonl --json";

const SHOW_HELP: &str = "\
--officer 列出本人登录后所做、以其名义所做和对其账户所做的各条。--action 用中文或者库中的词，如 查看登记件、get_submission。
--json 每行一条，含链接值 hash；与账户有关的另有 account（账户编号）、roles（给予的角色）、detail_zh（角色、登录来源）。

示例：
  triage audit show --from 2026-06-01 --to 2026-06-30
  triage audit show --number 1150203000000000000001
  triage audit show --officer e1 --action 决定 --json";

const KEY_HELP: &str = "\
持有公钥的人不需要密钥文件也能核对链头文件：每行的 signature 是对以下各行（每行以换行结束）的 Ed25519 签名：
  triage head <version>
  line <line>
  bureau <bureau>
  number <number>
  hash <hash>
  before <before>
  time <time>
  key <key>

示例：
  triage audit key > triage-audit.pem";

#[derive(Debug, clap::Args)]
pub(super) struct VerifyArguments {
    /// 链头文件，可以多次；不填则为设置中的
    #[arg(long, value_name = "FILE")]
    heads: Vec<PathBuf>,
    /// 输出 JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct ShowArguments {
    /// 自这一天起（YYYY-MM-DD）
    #[arg(long, value_name = "DAY", value_parser = day)]
    from: Option<Day>,
    /// 至这一天止（YYYY-MM-DD）
    #[arg(long, value_name = "DAY", value_parser = day)]
    to: Option<Day>,
    /// 登记编号
    #[arg(long, value_name = "NUMBER")]
    number: Option<String>,
    /// 人员编号
    #[arg(long, value_name = "ID")]
    officer: Option<String>,
    /// 做了什么，如 决定、查看登记件
    #[arg(long, value_name = "ACTION")]
    action: Option<String>,
    /// 输出 JSON，每行一条；时间另有 1970 年起的微秒数
    #[arg(long)]
    json: bool,
}

/// What somebody who knows of tampering ends with; 1 is for what could not be verified.
const TAMPERED: u8 = 2;

pub(super) async fn audit(data: &Data, place: Config, bureau: BureauId, command: AuditCommand) -> Outcome {
    match command {
        // It opens the data for itself: nothing is written, no head either.
        AuditCommand::Verify(asked) => verify(&existing(place).await?, bureau, &asked).await,
        AuditCommand::Key => {
            say(&existing(place).await?.public_key())?;
            Ok(ExitCode::SUCCESS)
        }
        AuditCommand::Show(asked) => {
            show(data.app().await?, bureau, asked, |line| say(&line)).await?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn verify(app: &App, bureau: BureauId, asked: &VerifyArguments) -> Outcome {
    let found = app.verify_trail(bureau, &asked.heads, bar_of("核验", "条")).await?;
    if asked.json {
        say(&serde_json::to_string_pretty(&found)?)?;
    } else {
        for line in lines(&found) {
            say(&line)?;
        }
    }
    Ok(if found.intact { ExitCode::SUCCESS } else { ExitCode::from(TAMPERED) })
}

/// What a verification prints.
pub fn lines(found: &Verified) -> Vec<String> {
    let mut lines = vec![format!("审计记录 {} 条，变更 {} 项", found.rows, found.events)];
    if found.before > 0 {
        lines.push(format!("链接启用前的记录 {} 条：整体封存，不逐条链接", found.before));
    }
    let stretches = found.unlinked.iter().map(|one| format!("{}（旧版本程序写入，未链接）", which(*one)));
    lines.extend(stretches);
    if !found.resumed.is_empty() {
        let resumed: Vec<String> = found.resumed.iter().map(i64::to_string).collect();
        lines.push(format!("链接曾中断，于编号 {} 接续", resumed.join("、")));
    }
    lines.extend(
        found.head.as_ref().map(|head| format!("库内链头：编号 {}，哈希 {}", head.number, head.hash)),
    );
    lines.push(match &found.anchored {
        Some(head) => {
            let time = head.time.as_deref().unwrap_or_default();
            format!("最新签名链头：编号 {}，{time} 写出（共读到 {} 个）", head.number, found.heads)
        }
        None => "没有可用的签名链头".to_owned(),
    });
    lines.extend(found.torn.iter().map(|file| format!("{file} 的末行没有写完（断电或者中断所致），未计入")));
    lines.push(match found.not_anchored {
        Some(stretch) => format!("未锚定：{}，这些记录如有改动无从发现", which(stretch)),
        None => "全部记录均已锚定".to_owned(),
    });
    if found.intact {
        lines.push("核验结果：完整，未发现改动".to_owned());
    } else {
        let more = found.more + found.findings.len() as u64;
        lines.push(format!("核验结果：发现改动 {more} 处"));
        lines.extend(found.findings.iter().map(|finding| format!("  {}", finding.text)));
        if found.more > 0 {
            lines.push(format!("  另有 {} 处未列出", found.more));
        }
    }
    lines
}

fn which(Stretch { from, to }: Stretch) -> String {
    match to.saturating_sub(from) {
        0 => format!("编号 {from}"),
        more => format!("编号 {from} 至 {to}（{} 条）", more + 1),
    }
}

/// Shows the rows that were asked for, a line each, as they are read.
async fn show(
    app: &App,
    bureau: BureauId,
    asked: ShowArguments,
    mut say: impl FnMut(String) -> std::io::Result<()>,
) -> Result<(), Box<dyn std::error::Error>> {
    let (wanted, json) = (wanted(&asked)?, asked.json);
    let mut trail = app.access(bureau, async |service, caller| service.trail(caller, wanted).await).await?;
    let mut rows = 0;
    while let Some(page) = trail.next().await.map_err(crate::app::AppError::from)? {
        rows += page.len();
        for row in page {
            say(if json { serde_json::to_string(&row)? } else { line(&row) })?;
        }
    }
    if !json {
        say(format!("共 {rows} 条"))?;
    }
    Ok(())
}

fn wanted(asked: &ShowArguments) -> Result<TrailAsked, office::OfficeError> {
    let days = (asked.from.is_some() || asked.to.is_some())
        .then(|| (asked.from.unwrap_or(Day(i32::MIN)), asked.to.unwrap_or(Day(i32::MAX))));
    if days.is_some_and(|(from, to)| from > to) {
        return Err(office::OfficeError::Invalid("起始日期晚于截止日期".to_owned()));
    }
    let actions = asked.action.as_deref().map(words_of).unwrap_or_default();
    if let (Some(action), true) = (&asked.action, actions.is_empty()) {
        return Err(office::OfficeError::Invalid(format!("没有“{action}”这种操作")));
    }
    let number = asked.number.as_deref().map(RegistrationNumber::parse).transpose();
    let officer = asked.officer.as_deref().map(OfficerId::parse).transpose();
    Ok(TrailAsked {
        days: days.map(|(from, to)| Days::between(from, to)),
        number: number.map_err(office::invalid)?,
        officer: officer.map_err(office::invalid)?,
        actions,
    })
}

/// A row for people: when, who, what, which file.
pub fn line(row: &Shown) -> String {
    let caller = row.caller_name.clone().unwrap_or_else(|| format!("调用方 {}", row.caller));
    let officer = row.officer.as_ref().map(|officer| format!("　{officer}"));
    // Of an account it is whose account it is; a person is not named twice.
    let (officer, whose) = match (officer, row.account) {
        (officer, None) => (officer.filter(|_| row.officer != row.caller_name), None),
        (officer, Some(id)) => (None, Some(format!("　账户 {id}{}", officer.unwrap_or_default()))),
    };
    let file = row.registration_number.as_ref().map(|number| {
        let track = row.track.map(|track| format!("（{}）", track.zh())).unwrap_or_default();
        format!("　{number}{track}")
    });
    let detail = row.detail_zh.as_ref().map(|detail| format!("　{detail}"));
    let change = row.sequence.map(|sequence| format!("　变更 {sequence}"));
    let [officer, whose, detail, file, change] =
        [officer, whose, detail, file, change].map(Option::unwrap_or_default);
    format!(
        "{:>6}　{}　{caller}{officer}　{}{whose}{detail}{file}{change}",
        row.number, row.time, row.action_zh
    )
}
