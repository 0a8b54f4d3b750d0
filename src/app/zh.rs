//! What a person at the terminal reads of errors from below, which speak English for the log: what is wrong, and what to do.

use crate::identity::IdentityError;
use crate::ledger::LedgerError;
use crate::store::StoreError;

/// Of the database. What it said itself stands behind.
pub(super) fn store(error: &StoreError) -> String {
    match error {
        StoreError::Schema => {
            "数据库结构与本版本不符；请停止服务（triage serve），再执行 triage migrate".to_owned()
        }
        StoreError::Unsafe(why) => format!("该数据库可能丢失已提交的内容，拒绝使用：{why}"),
        StoreError::Gone(file) => format!(
            "数据库文件 {} 在使用中被删除或替换，其后写入的内容可能丢失；请停止服务，放回该文件或者由备份恢复后再启动",
            file.display()
        ),
        StoreError::Corrupt { table, column, row } => {
            let row = row.as_deref().unwrap_or("（未能读出主键）");
            format!(
                "数据库中表 {table} 的行 {row}、列 {column} 有无法识别的内容；请由备份恢复，或者联系维护人员"
            )
        }
        StoreError::NoAnswer(place) => format!("数据库没有答复（{place}），操作结果未知；请检查数据库后重试"),
        StoreError::NoConnection => "没有空闲的数据库连接；请稍后重试，或者检查数据库".to_owned(),
        StoreError::TooLong | StoreError::Over => "本次提交耗时过长，已放弃；请重试".to_owned(),
        StoreError::Database(_) | StoreError::Statement { .. } | StoreError::Migration(_) => {
            format!("数据库出错，请检查数据库和磁盘空间：{error}")
        }
        StoreError::Missing(what) => format!("数据库中缺少应有的内容：{what}"),
    }
}

/// Of the keys.
pub(super) fn identity(error: &IdentityError) -> String {
    match error {
        IdentityError::File { path, source } => format!("不能读写密钥文件 {}：{source}", path.display()),
        IdentityError::Open(path) => {
            format!("密钥文件 {} 可被他人读取；请执行 chmod 600 {}", path.display(), path.display())
        }
        IdentityError::Malformed(path) => {
            format!("密钥文件 {} 不是 64 位十六进制数字；请从保管密钥之处取回", path.display())
        }
        IdentityError::MalformedLine { path, line } => {
            format!("密钥文件 {} 第 {line} 行不是密钥；请从保管密钥之处取回", path.display())
        }
        IdentityError::Other(path) => {
            format!("密钥文件 {} 已被换成另一套密钥；请放回原来的密钥文件", path.display())
        }
        IdentityError::Earlier(path) => format!(
            "密钥文件 {} 已被换成较早的副本，或者同一编号的密钥不同；请放回原来的密钥文件",
            path.display()
        ),
        IdentityError::GivenUp(id) => {
            format!("{id} 号封存密钥已在别处删除，本机的密钥文件不是最新；请取回存有新密钥的密钥文件")
        }
        IdentityError::NoFile(path) => {
            format!("密钥文件 {} 不是普通文件；请放回原来的密钥文件", path.display())
        }
        IdentityError::NoSealKey(id) => {
            format!("密钥文件中没有 {id} 号封存密钥，以它封存的内容无法打开；请取回存有该密钥的密钥文件")
        }
        IdentityError::NoHashKey(id) => format!(
            "密钥文件中没有 {id} 号标识密钥，本局的标识按它计算；请取回存有该密钥的 identity.key（权限 600）"
        ),
        IdentityError::Random => "操作系统没有给出随机数".to_owned(),
        IdentityError::Sealed => "封存的内容无法打开：由另一把密钥封存，或者已被改动".to_owned(),
    }
}

/// Of a batch.
pub(super) fn ledger(error: &LedgerError) -> String {
    match error {
        LedgerError::Store(error) => store(error),
        LedgerError::Identity(error) => identity(error),
        LedgerError::Clock(why) => why.zh(),
        LedgerError::Unreadable(what) => format!("数据库中所存的内容无法读出：{what}"),
    }
}
