//! What an operator may set: one table of settings, read from `triage.toml` in the data directory and checked before anything is
//! opened. `triage config` prints it.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use crate::{grpc, service, store};

/// The file in the data directory.
pub const FILE: &str = "triage.toml";

/// Every value that can be set.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// What waits for a bureau's turn.
    pub lane: service::Bounds,
    /// What callers may take.
    pub wire: grpc::Limits,
    /// How long the database may take.
    pub database: store::Limits,
    /// Where the heads of the trail are written; none: [`HEADS_FILE`] in the data directory.
    pub heads: Option<PathBuf>,
}

/// The file of the heads of the trail, in the data directory.
pub const HEADS_FILE: &str = "audit-heads.jsonl";

/// The one setting that is no number: another place for [`HEADS_FILE`].
const HEADS: &str = "audit.heads";
const HEADS_ZH: &str = "链头文件：审计链的链头签名后写在这里；宜放在另一磁盘";

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Things.
    Count,
    /// Bytes.
    Bytes,
    /// Seconds.
    Seconds,
    /// The path of a file.
    Path,
}

impl Unit {
    /// In Chinese.
    pub fn zh(self) -> &'static str {
        match self {
            Unit::Count => "个",
            Unit::Bytes => "字节",
            Unit::Seconds => "秒",
            Unit::Path => "路径",
        }
    }
}

/// One setting: a row of the table.
pub struct Setting {
    /// Its place in the file, e.g. `lane.calls`.
    pub key: &'static str,
    /// What it counts.
    pub unit: Unit,
    /// The least and the most that are taken.
    pub range: (u64, u64),
    /// What it does, for an operator.
    pub meaning_zh: &'static str,
    get: fn(&Settings) -> u64,
    set: fn(&mut Settings, u64),
}

/// A number that a setting holds, as the table has it and back.
trait Value: Copy {
    fn number(self) -> u64;
    fn of(number: u64) -> Self;
}

impl Value for usize {
    fn number(self) -> u64 {
        u64::try_from(self).unwrap_or(u64::MAX)
    }
    fn of(number: u64) -> Self {
        usize::try_from(number).unwrap_or(usize::MAX)
    }
}

impl Value for u32 {
    fn number(self) -> u64 {
        self.into()
    }
    fn of(number: u64) -> Self {
        u32::try_from(number).unwrap_or(u32::MAX)
    }
}

impl Value for Duration {
    fn number(self) -> u64 {
        self.as_secs()
    }
    fn of(number: u64) -> Self {
        Duration::from_secs(number)
    }
}

/// A row, with the field that it stands for.
macro_rules! settings {
    ($($key:literal $unit:ident $least:literal..=$most:expr, $($field:ident).+, $zh:literal;)+) => {
        &[$(Setting {
            key: $key,
            unit: Unit::$unit,
            range: ($least, $most),
            meaning_zh: $zh,
            get: |settings| settings.$($field).+.number(),
            set: |settings, number| settings.$($field).+ = Value::of(number),
        }),+]
    };
}

const GIB: u64 = 1 << 30;

/// All settings, in the order in which they are shown.
pub const SETTINGS: &[Setting] = settings! {
    "lane.calls" Count 1..=100_000, lane.lane_room, "等待写入的调用，超过即请稍后重试";
    "lane.calls_per_caller" Count 1..=100_000, lane.caller_room, "其中一个调用方最多占用";
    "lane.stream_items" Count 1..=100_000, lane.stream_room, "等待写入的流式登记件，超过即暂停读取";
    "lane.stream_items_per_caller" Count 1..=100_000, lane.caller_stream_room, "其中一个调用方最多占用";
    "lane.streams_per_caller" Count 1..=1_000, lane.caller_streams, "一个调用方同时打开的流";
    "lane.batch" Count 1..=4_096, lane.batch_most, "一次提交最多写入的件";
    "accounts.password_length" Count 8..=64, lane.accounts.password.length, "口令的最少字符";
    "accounts.password_sorts" Count 1..=4, lane.accounts.password.sorts, "口令至少含大写、小写字母、数字、符号中的几种";
    "accounts.password_seconds" Seconds 86_400..=315_360_000, lane.accounts.password_life, "口令的有效期，到期须修改";
    "accounts.password_history" Count 0..=5, lane.accounts.password_history, "不能重复使用最近用过的几个口令";
    "accounts.failures" Count 1..=20, lane.accounts.failures_most, "同一地址连续几次口令错误即锁定该账户，各地址合计为其四倍";
    "accounts.locked_seconds" Seconds 60..=86_400, lane.accounts.locked, "锁定的时间";
    "accounts.idle_seconds" Seconds 60..=86_400, lane.accounts.idle, "登录后不操作多久即退出";
    "accounts.session_seconds" Seconds 300..=604_800, lane.accounts.session, "一次登录最长的时间";
    "wire.bytes_in_flight" Bytes 1_048_576..=64 * GIB, wire.bytes_in_flight, "在途数据合计";
    "wire.bytes_per_caller" Bytes 1_048_576..=64 * GIB, wire.caller_bytes, "其中一个调用方最多占用";
    "wire.stream_bytes" Bytes 1_048_576..=64 * GIB, wire.stream_bytes, "其中全部流最多占用，全部查询亦同；一个调用方按同一比例";
    "wire.message_bytes" Bytes 16_384..=4_194_304, wire.message_bytes, "一条消息（解压后）的大小";
    "wire.calls_per_connection" Count 1..=100_000, wire.calls_per_connection, "一个连接上同时进行的调用";
    "wire.connections" Count 1..=100_000, wire.connections.most, "连接合计";
    "wire.connections_per_address" Count 1..=100_000, wire.connections.most_per_address, "同一地址的连接";
    "wire.handshake_seconds" Seconds 1..=300, wire.connections.handshake, "握手时限";
    "wire.first_call_seconds" Seconds 1..=3_600, wire.connections.known, "连接后首次有效调用的时限";
    "wire.idle_seconds" Seconds 1..=86_400, wire.connections.idle, "连接空闲时限";
    "wire.unread_seconds" Seconds 1..=600, wire.unread, "答复等待对方读取的时限";
    "database.writers" Count 1..=1_000, database.writers, "写连接（PostgreSQL；SQLite 只有一个）";
    "database.readers" Count 1..=1_000, database.readers, "读连接（SQLite 最多 4 个）";
    "database.lock_seconds" Seconds 1..=300, database.lock, "等待本局写入次序的时限";
    "database.statement_seconds" Seconds 1..=600, database.statement, "一条语句的时限（PostgreSQL）";
    "database.answer_seconds" Seconds 1..=600, database.answer, "等待数据库答复的时限，超过即弃用该连接";
    "database.batch_seconds" Seconds 1..=600, database.batch, "一次提交的时限";
};

/// Of two settings, the first may not be more than the second: else the second could never be met.
const ORDER: &[(&str, &str)] = &[
    ("lane.calls_per_caller", "lane.calls"),
    ("lane.stream_items_per_caller", "lane.stream_items"),
    ("wire.bytes_per_caller", "wire.bytes_in_flight"),
    ("wire.stream_bytes", "wire.bytes_in_flight"),
    ("wire.message_bytes", "wire.bytes_per_caller"),
    ("wire.connections_per_address", "wire.connections"),
    ("database.lock_seconds", "database.statement_seconds"),
    ("database.statement_seconds", "database.answer_seconds"),
    ("database.answer_seconds", "database.batch_seconds"),
];

/// Why the settings are not taken.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file is there and cannot be read.
    #[error("不能读取配置文件 {path}：{source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Something in it is wrong; all of it is named.
    #[error("配置文件 {path} 有 {} 处错误：{}；triage config 列出全部可设项及其范围", .wrong.len(), .wrong.join("；"))]
    Wrong {
        /// Which.
        path: PathBuf,
        /// What, a sentence each.
        wrong: Vec<String>,
    },
}

/// A value that is set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Set {
    /// A number.
    Number(u64),
    /// A path.
    Path(PathBuf),
}

impl std::fmt::Display for Set {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Set::Number(number) => number.fmt(f),
            Set::Path(path) => path.display().fmt(f),
        }
    }
}

/// A setting as it is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InForce {
    /// Its place in the file.
    pub key: &'static str,
    /// Its value.
    pub value: Set,
    /// What the value counts.
    pub unit: Unit,
    /// The least that is taken, of a number.
    pub least: Option<u64>,
    /// The most.
    pub most: Option<u64>,
    /// Whether the file sets it; else it is the default.
    pub from_file: bool,
    /// What it does.
    pub meaning: &'static str,
}

impl Settings {
    /// Those of a data directory: the file's, and the defaults of what it does not set. Without a file, all defaults.
    pub fn read(data: &Path) -> Result<Self, ConfigError> {
        let path = data.join(FILE);
        match std::fs::read_to_string(&path) {
            Ok(text) => Self::parse(&text).map_err(|wrong| ConfigError::Wrong { path, wrong }),
            Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(source) => Err(ConfigError::File { path, source }),
        }
    }

    /// Reads the text of a file: everything that is wrong, at once.
    pub fn parse(text: &str) -> Result<Self, Vec<String>> {
        let mut settings = Self::default();
        let mut wrong = Vec::new();
        for (key, value) in entries(text).map_err(|wrong| vec![wrong])? {
            if key == HEADS {
                match value.as_str().map(PathBuf::from).filter(|path| path.is_absolute()) {
                    Some(path) => settings.heads = Some(path),
                    None => wrong.push(format!("{HEADS} 应为文件的绝对路径")),
                }
                continue;
            }
            let Some(setting) = SETTINGS.iter().find(|setting| setting.key == key) else {
                wrong.push(format!("没有 {key} 这一项"));
                continue;
            };
            let (least, most) = setting.range;
            match value.as_integer().and_then(|number| u64::try_from(number).ok()) {
                Some(number) if (least..=most).contains(&number) => (setting.set)(&mut settings, number),
                _ => wrong.push(format!("{key} 应为 {least} 至 {most} 的整数（{}）", setting.unit.zh())),
            }
        }
        for (less, more) in ORDER {
            if settings.value(less) > settings.value(more) {
                wrong.push(format!("{less} 不应大于 {more}"));
            }
        }
        if wrong.is_empty() { Ok(settings) } else { Err(wrong) }
    }

    fn value(&self, key: &str) -> Option<u64> {
        let setting = SETTINGS.iter().find(|setting| setting.key == key)?;
        Some((setting.get)(self))
    }

    /// All of them, with where each comes from. `text` is the file's, if there is one.
    pub fn in_force(&self, text: Option<&str>) -> Vec<InForce> {
        let set: Vec<String> =
            text.and_then(|text| entries(text).ok()).into_iter().flatten().map(|(key, _)| key).collect();
        let shown = |setting: &Setting| InForce {
            key: setting.key,
            value: Set::Number((setting.get)(self)),
            unit: setting.unit,
            least: Some(setting.range.0),
            most: Some(setting.range.1),
            from_file: set.iter().any(|key| key == setting.key),
            meaning: setting.meaning_zh,
        };
        let heads = InForce {
            key: HEADS,
            value: Set::Path(self.heads.clone().unwrap_or_else(|| HEADS_FILE.into())),
            unit: Unit::Path,
            least: None,
            most: None,
            from_file: self.heads.is_some(),
            meaning: HEADS_ZH,
        };
        SETTINGS.iter().map(shown).chain([heads]).collect()
    }

    /// The file of the heads of the trail, of a data directory.
    pub fn heads_file(&self, data: &Path) -> PathBuf {
        self.heads.clone().unwrap_or_else(|| data.join(HEADS_FILE))
    }
}

/// The entries of a file as `section.key` and value.
fn entries(text: &str) -> Result<Vec<(String, toml::Value)>, String> {
    let file: toml::Table =
        text.parse().map_err(|error: toml::de::Error| format!("不是 TOML：{}", error.message()))?;
    let mut found = Vec::new();
    for (section, value) in file {
        match value {
            toml::Value::Table(entries) => {
                found.extend(entries.into_iter().map(|(key, value)| (format!("{section}.{key}"), value)));
            }
            value => found.push((section, value)),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_is_taken_where_its_key_says_and_defaults_are_in_their_ranges() {
        let defaults = Settings::default();
        for setting in SETTINGS {
            let (least, most) = setting.range;
            let value = (setting.get)(&defaults);
            assert!((least..=most).contains(&value), "{}", setting.key);
            let mut changed = defaults.clone();
            (setting.set)(&mut changed, least);
            assert_eq!((setting.get)(&changed), least, "{}", setting.key);
            let others = SETTINGS.iter().filter(|other| other.key != setting.key);
            assert!(
                others.clone().all(|other| (other.get)(&changed) == (other.get)(&defaults)),
                "{} alone changes",
                setting.key
            );
        }
        assert!(Settings::parse("").is_ok(), "the defaults keep their order");
    }

    #[test]
    fn all_that_is_wrong_is_named_at_once() {
        let text = "lane.calls = 0\nlane.calles = 3\n[wire]\nidle_seconds = \"long\"\n[database]\nlock_seconds = 9\n[audit]\nheads = \"heads\"\n";
        insta::assert_snapshot!(Settings::parse(text).unwrap_err().join("\n"), @r"
        audit.heads 应为文件的绝对路径
        没有 lane.calles 这一项
        lane.calls 应为 1 至 100000 的整数（个）
        wire.idle_seconds 应为 1 至 86400 的整数（秒）
        database.lock_seconds 不应大于 database.statement_seconds
        ");
        assert!(Settings::parse("lane = [").unwrap_err()[0].contains("不是 TOML"));
    }

    #[test]
    fn what_the_file_sets_is_told_from_defaults() {
        let text = "[lane]\nbatch = 128\n";
        let shown = Settings::parse(text).unwrap().in_force(Some(text));
        let set: Vec<_> =
            shown.iter().filter(|one| one.from_file).map(|one| (one.key, one.value.to_string())).collect();
        assert_eq!(set, [("lane.batch", "128".to_owned())]);
    }
}
