//! `triage caller`: accounts that systems and units use, and their tokens or certificates.

use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueEnum};

use super::office::invalid;
use super::say;
use crate::app::App;
use crate::domain::caller::Role;
use crate::domain::ids::{BureauId, CallerId, UnitId};
use crate::domain::text::Line;
use crate::grpc::{TlsError, client_key_of_file};
use crate::identity::KnownBy;

type Done = Result<(), Box<dyn std::error::Error>>;

/// There is no such living caller.
#[derive(Debug, thiserror::Error)]
#[error("没有编号为 {0} 的有效调用方")]
struct NoCaller(i64);

#[derive(Debug, Subcommand)]
pub(super) enum CallerCommand {
    /// 新增调用方；访问令牌只显示这一次
    #[command(
        after_help = "访问令牌只显示这一次，库中只存其散列。凭客户端证书的调用方没有令牌，服务须以 --tls-client-ca 启动；证书续期而\n公钥不变的，无须重新登记。\n\n示例：\n  triage caller add --role intake --name 12315\n  triage caller add --role intake --name 12315 --certificate intake.pem\n  triage caller add --role unit --unit kunhe --name 昆河所"
    )]
    Add {
        /// 角色
        #[arg(long)]
        role: RoleArgument,
        /// 角色为 unit 时的单位代码；接收机构的单位由机构文件决定
        #[arg(long, value_name = "UNIT")]
        unit: Option<String>,
        /// 名称，供人识别
        #[arg(long)]
        name: String,
        /// 客户端证书（PEM）：凭它连接，不发访问令牌
        #[arg(long, value_name = "FILE")]
        certificate: Option<PathBuf>,
        /// 几天后自行失效；不填则不失效
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..=3_650), value_name = "N")]
        days: Option<u32>,
        /// 输出 JSON
        #[arg(long)]
        json: bool,
    },
    /// 更换访问令牌或者客户端证书：原来的过几小时失效
    #[command(
        after_help = "新令牌只显示这一次。\n\n示例：\n  triage caller rotate 3 --hours 24 --days 180\n  triage caller rotate 3 --certificate intake-2027.pem"
    )]
    Rotate {
        /// 编号（见 triage caller list）
        id: i64,
        /// 新的客户端证书（PEM）；不填则发给访问令牌
        #[arg(long, value_name = "FILE")]
        certificate: Option<PathBuf>,
        /// 原来的几小时后失效
        #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u32).range(0..=720), value_name = "N")]
        hours: u32,
        /// 新的几天后自行失效；不填则不失效
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..=3_650), value_name = "N")]
        days: Option<u32>,
    },
    /// 调用方列表
    #[command(after_help = "示例：\n  triage caller list --json")]
    List {
        /// 输出 JSON
        #[arg(long)]
        json: bool,
    },
    /// 停用调用方；5 秒内新的调用即被拒绝
    #[command(after_help = "示例：\n  triage caller revoke 3")]
    Revoke {
        /// 编号（见 triage caller list）
        id: i64,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum RoleArgument {
    /// 登记系统（12315）
    Intake,
    /// 统一接收机构
    Reception,
    /// 办案单位（所、股室、大队）
    Unit,
}

impl From<RoleArgument> for Role {
    fn from(role: RoleArgument) -> Self {
        match role {
            RoleArgument::Intake => Role::Intake,
            RoleArgument::Reception => Role::Reception,
            RoleArgument::Unit => Role::Unit,
        }
    }
}

/// Does what was asked for.
pub(super) async fn caller(app: &App, bureau: BureauId, command: CallerCommand) -> Done {
    match command {
        CallerCommand::Add { role, unit, name, certificate, days, json } => {
            let known_by = known_by(certificate.as_deref())?;
            add_caller(app, bureau, (role.into(), unit.as_deref()), name, (known_by, days), json).await
        }
        CallerCommand::Rotate { id, certificate, hours, days } => {
            rotate_token(app, bureau, id, known_by(certificate.as_deref())?, (hours, days)).await
        }
        CallerCommand::List { json } => list_callers(app, bureau, json).await,
        CallerCommand::Revoke { id } => revoke_caller(app, bureau, id).await,
    }
}

/// By what a caller is let in.
fn known_by(certificate: Option<&Path>) -> Result<KnownBy, TlsError> {
    let Some(path) = certificate else { return Ok(KnownBy::Token) };
    Ok(KnownBy::Certificate(client_key_of_file(path)?))
}

async fn add_caller(
    app: &App,
    bureau: BureauId,
    (role, unit): (Role, Option<&str>),
    name: String,
    (known_by, days): (KnownBy, Option<u32>),
    json: bool,
) -> Done {
    let name = Line::parse(&name).map_err(invalid)?;
    let unit = unit.map(UnitId::parse).transpose().map_err(invalid)?;
    let (caller, token) = app.add_caller_for(bureau, (role, unit), &name, known_by, days).await?;
    if json {
        say(&serde_json::json!({ "caller": caller, "token": token }).to_string())?;
        return Ok(());
    }
    let made = format!("已新增调用方 {}（{}）", caller.id.0, role.zh());
    match token {
        Some(token) => {
            say(&format!("{made}。访问令牌只显示这一次："))?;
            say(&token)?;
        }
        None => say(&format!("{made}，凭客户端证书连接，没有访问令牌"))?,
    }
    Ok(())
}

async fn list_callers(app: &App, bureau: BureauId, json: bool) -> Done {
    let mut tx = app.context.store.read().await?;
    let callers = tx.callers(bureau).await?;
    tx.rollback().await?;
    if json {
        say(&serde_json::to_string_pretty(&callers)?)?;
        return Ok(());
    }
    for caller in callers {
        let unit = caller.unit.map_or_else(|| "-".to_owned(), |unit| unit.to_string());
        let state = match (caller.revoked_at, caller.expires_at) {
            (Some(_), _) => "已停用".to_owned(),
            (None, Some(at)) => format!("有效至 {}", at.display()),
            (None, None) => "有效".to_owned(),
        };
        let made = caller.created_at.display();
        say(&format!("{:>4}  {}  {unit}  {}  {made}  {state}", caller.id.0, caller.role.zh(), caller.name))?;
    }
    Ok(())
}

async fn rotate_token(
    app: &App,
    bureau: BureauId,
    id: i64,
    known_by: KnownBy,
    (hours, days): (u32, Option<u32>),
) -> Done {
    match app.rotate_token(bureau, CallerId(id), known_by, hours, days).await? {
        Some(token) => {
            say(&format!("调用方 {id} 的新访问令牌（只显示这一次）；原来的 {hours} 小时后失效："))?;
            say(&token)?;
        }
        None => say(&format!("调用方 {id} 已改为凭新的客户端证书连接；原来的 {hours} 小时后失效"))?,
    }
    Ok(())
}

async fn revoke_caller(app: &App, bureau: BureauId, id: i64) -> Done {
    if !app.revoke_caller(bureau, CallerId(id)).await? {
        return Err(NoCaller(id).into());
    }
    say(&format!("调用方 {id} 已停用"))?;
    Ok(())
}
