//! `triage account`: accounts of persons, kept at the terminal - the first security administrator's, above all.

use clap::Subcommand;

use super::office::invalid;
use super::say;
use super::table::table;
use crate::app::App;
use crate::domain::account::Account;
use crate::domain::caller::{Caller, Role};
use crate::domain::ids::{BureauId, CallerId, OfficerId};
use crate::domain::time::Timestamp;
use crate::service::{Given, Service};

#[derive(Debug, Subcommand)]
pub(super) enum AccountCommand {
    /// 开户：初始口令只显示这一次，首次登录须修改
    #[command(
        after_help = "人员须已在机构文件中。角色：intake 登记，reception 统一接收机构，manager 单位负责人，officer 承办人，lawyer 法制，\nanalyst 分析，approver 批准人，leader 局领导，auditor 审计管理员，security 安全管理员，system 系统管理员。\n最后三种不能由同一人担任；其余按机构文件 settings.separation（small、district、city）。\n\n示例：\n  triage account open k001 --roles officer,manager"
    )]
    Open {
        /// 工号（见机构文件）
        officer: String,
        /// 角色，用逗号分开
        #[arg(long, value_delimiter = ',', required = true, value_parser = role)]
        roles: Vec<Role>,
        /// 输出 JSON
        #[arg(long)]
        json: bool,
    },
    /// 账户列表
    #[command(after_help = "JSON 中的时间为 1970 年起的微秒数。\n\n示例：\n  triage account list --json")]
    List {
        /// 输出 JSON
        #[arg(long)]
        json: bool,
    },
    /// 调整角色
    #[command(after_help = "示例：\n  triage account roles k001 --roles officer")]
    Roles {
        /// 工号，或者编号（见 triage account list）
        #[arg(value_name = "工号")]
        whose: String,
        /// 角色，用逗号分开，整体替换
        #[arg(long, value_delimiter = ',', required = true, value_parser = role)]
        roles: Vec<Role>,
    },
    /// 重置口令：新的初始口令只显示这一次，已有的登录随即结束
    #[command(after_help = "示例：\n  triage account reset k001")]
    Reset {
        /// 工号，或者编号（见 triage account list）
        #[arg(value_name = "工号")]
        whose: String,
        /// 输出 JSON
        #[arg(long)]
        json: bool,
    },
    /// 销户：已有的登录随即结束；5 秒内各进程都不再接受
    #[command(after_help = "示例：\n  triage account close k001")]
    Close {
        /// 工号，或者编号（见 triage account list）
        #[arg(value_name = "工号")]
        whose: String,
    },
}

/// A role of persons, as an argument.
fn role(word: &str) -> Result<Role, String> {
    let roles = Role::ALL.iter().copied().filter(|role| role.is_of_persons());
    let word_of =
        |role: Role| serde_json::to_value(role).ok().and_then(|value| Some(value.as_str()?.to_owned()));
    roles.clone().find(|role| word_of(*role).as_deref() == Some(word)).ok_or_else(|| {
        let words: Vec<String> = roles.filter_map(word_of).collect();
        format!("应为 {}", words.join("、"))
    })
}

/// Does what was asked for.
pub(super) async fn account(
    app: &App,
    bureau: BureauId,
    command: AccountCommand,
) -> Result<(), Box<dyn std::error::Error>> {
    let id = app.request_id()?;
    match command {
        AccountCommand::Open { officer, roles, json } => {
            let officer = OfficerId::parse(&officer).map_err(invalid)?;
            let open = async |service: &Service, caller: &Caller| {
                service.open_account(caller, id, officer, roles).await
            };
            given(&app.access(bureau, open).await?, json)?;
        }
        AccountCommand::List { json } => {
            let list = async |service: &Service, caller: &Caller| service.accounts(caller).await;
            let accounts = app.access(bureau, list).await?;
            say(&if json { serde_json::to_string_pretty(&accounts)? } else { listed(&accounts) })?;
        }
        AccountCommand::Roles { whose, roles } => {
            let account = account_of(app, bureau, &whose).await?;
            let set = async |service: &Service, caller: &Caller| {
                service.set_roles(caller, id, account, roles).await
            };
            app.access(bureau, set).await?;
            say(&format!("{whose} 的角色已调整"))?;
        }
        AccountCommand::Reset { whose, json } => {
            let account = account_of(app, bureau, &whose).await?;
            let reset =
                async |service: &Service, caller: &Caller| service.reset_password(caller, id, account).await;
            given(&app.access(bureau, reset).await?, json)?;
        }
        AccountCommand::Close { whose } => {
            let account = account_of(app, bureau, &whose).await?;
            let close =
                async |service: &Service, caller: &Caller| service.close_account(caller, id, account).await;
            app.access(bureau, close).await?;
            say(&format!("{whose} 已销户"))?;
        }
    }
    Ok(())
}

/// There is no such living account.
#[derive(Debug, thiserror::Error)]
#[error("没有 {0} 的有效账户；请用 triage account list 查看")]
struct NoAccount(String);

/// The living account of a staff number, or of a number of the list.
async fn account_of(
    app: &App,
    bureau: BureauId,
    whose: &str,
) -> Result<CallerId, Box<dyn std::error::Error>> {
    let list = async |service: &Service, caller: &Caller| service.accounts(caller).await;
    let accounts = app.access(bureau, list).await?;
    let mut living = accounts.into_iter().filter(|account| account.closed_at.is_none());
    let found = living.find(|account| account.officer.as_str() == whose || account.id.0.to_string() == whose);
    Ok(found.ok_or_else(|| NoAccount(whose.to_owned()))?.id)
}

fn given(given: &Given, json: bool) -> Result<(), Box<dyn std::error::Error>> {
    if json {
        return Ok(say(&serde_json::to_string(given)?)?);
    }
    say(&format!("账户 {} 的初始口令（只显示这一次，首次登录须修改）：", given.id.0))?;
    Ok(say(given.password.expose())?)
}

fn listed(accounts: &[Account]) -> String {
    let row = |account: &Account| {
        let state = match (account.closed_at, account.must_change) {
            (Some(_), _) => "已销户",
            (None, true) => "须修改口令",
            (None, false) => "有效",
        };
        [
            account.id.0.to_string(),
            account.officer.to_string(),
            account.roles.zh(),
            state.to_owned(),
            account.failures.to_string(),
            account.signed_in_at.map_or_else(|| "-".to_owned(), Timestamp::display),
        ]
    };
    table(["编号#", "工号", "角色", "状态", "连续失败#", "上次登录"], accounts.iter().map(row))
}
