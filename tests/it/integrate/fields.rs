//! The table of fields in Chinese: names and limits as the comments of `proto/` have them.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use prost_reflect::{EnumDescriptor, FieldDescriptor, FileDescriptor, Kind, MessageDescriptor};

const BEGIN: &str = "<!-- 字段表开始：由 proto/ 生成，请勿手改；改动后运行 `make integrate`。 -->\n";
const END: &str = "<!-- 字段表结束 -->\n";

/// What comments say of a value, in lower case, and how it is said in Chinese; `#` is a number. What a rule has read is read by no
/// later one.
#[rustfmt::skip]
const RULES: &[(&str, &str)] = &[
    ("required on a complaint, refused on a report", "投诉件必填，举报件不得填写"),
    ("required", "必填"),
    ("all four fields are required", "必填"),
    ("exactly one of the two", "二者填其一"),
    ("# to # characters of a-z a-z 0-9 - _ .", "#～# 个字符，限 A-Z a-z 0-9 - _ ."),
    ("at most # of at most # characters each", "至多 # 项，每项至多 # 字"),
    ("at most # characters", "至多 # 字"),
    ("# to # letters and digits", "#～# 位字母或者数字"),
    ("# to # digits", "#～# 位数字"),
    ("# hexadecimal digits", "# 位十六进制数字"),
    ("# to # seconds", "#～# 秒"),
    ("0 means #; more than # are read as #; a negative one is refused", "0 表示 #，超过 # 的按 # 计，不得为负"),
    ("at most # minutes ahead of the server's clock", "不得晚于服务器时间 # 分钟以上"),
    ("at most #,", "至多 # 个"),
    ("# to #", "#～#"),
    ("in fen", "单位为分"),
    ("in bytes", "单位为字节"),
    ("in pieces", "单位为件"),
    ("in work units", "单位为工作量"),
    ("yyyy-mm-dd", "格式 YYYY-MM-DD"),
    ("verbatim", "照录原文"),
    ("on a complaint only", "仅投诉件"),
    ("on complaints only", "仅投诉件"),
    ("may be masked by any star", "含 * 即视为已脱敏"),
    ("masked when nothing but stars", "全为 * 即视为已脱敏"),
];

/// The page with `table` between its two lines.
pub(super) fn with_table(page: &str, table: &str) -> String {
    let (before, rest) = page.split_once(BEGIN).expect("a place for the table");
    let (_, after) = rest.split_once(END).expect("an end of the table");
    format!("{before}{BEGIN}{table}{END}{after}")
}

/// Every message and enum that these methods send or answer, each in the place where it is first named.
pub(super) fn table(methods: &[&str]) -> String {
    let mut table = Table::default();
    let pool = super::wire::contract();
    for method in methods {
        let (service, name) = method.split_once('/').unwrap();
        let service = pool.get_service_by_name(&format!("triage.v1.{service}")).unwrap();
        let method = service.methods().find(|method| method.name() == name).unwrap();
        table.message(&method.input());
        table.message(&method.output());
    }
    table.text.push('\n');
    table.text
}

#[derive(Default)]
struct Table {
    text: String,
    listed: BTreeSet<String>,
}

impl Table {
    fn message(&mut self, message: &MessageDescriptor) {
        if message.package_name() != "triage.v1" || !self.listed.insert(message.full_name().to_owned()) {
            return;
        }
        let said = comment(&message.parent_file(), message.path());
        self.head(message.full_name(), &said, "| 字段 | 中文 | 类型 | 要求 |\n|---|---|---|---|\n");
        for field in message.fields() {
            let said = comment(&field.parent_message().parent_file(), field.path());
            let group = field.containing_oneof().filter(|oneof| !oneof.name().starts_with('_'));
            let group = group.map(|oneof| format!("`{}` 各项填其一", oneof.name()));
            let demands: Vec<String> = demands(&said).into_iter().chain(group).collect();
            let (name, kind) = (field.name(), kind(&field));
            writeln!(self.text, "| `{name}` | {} | {kind} | {} |", chinese(&said), demands.join("；"))
                .unwrap();
        }
        for field in message.fields() {
            match field.kind() {
                Kind::Message(message) => self.message(&message),
                Kind::Enum(list) => self.list(&list),
                _ => {}
            }
        }
    }

    fn list(&mut self, list: &EnumDescriptor) {
        if !self.listed.insert(list.full_name().to_owned()) {
            return;
        }
        let said = comment(&list.parent_file(), list.path());
        self.head(list.full_name(), &said, "| 值 | 编号 | 中文 |\n|---|---|---|\n");
        // 0 is never sent.
        for value in list.values().filter(|value| value.number() != 0) {
            let said = comment(&list.parent_file(), value.path());
            writeln!(self.text, "| `{}` | {} | {} |", value.name(), value.number(), chinese(&said)).unwrap();
        }
    }

    fn head(&mut self, name: &str, said: &str, columns: &str) {
        let name = name.trim_start_matches("triage.v1.");
        write!(self.text, "\n### `{name}` {}\n\n{columns}", chinese(said)).unwrap();
    }
}

/// The comment of what stands at `path`, on one line.
fn comment(file: &FileDescriptor, path: &[i32]) -> String {
    let proto = file.file_descriptor_proto();
    let mut locations = proto.source_code_info.iter().flat_map(|info| &info.location);
    let location = locations.find(|location| location.path == path).unwrap();
    location.leading_comments().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The first Chinese between brackets.
fn chinese(said: &str) -> &str {
    let mut brackets = said.split('(').skip(1).filter_map(|rest| rest.split(')').next());
    let is_chinese = |text: &&str| text.contains(|c: char| ('\u{4e00}'..='\u{9fff}').contains(&c));
    brackets.find(is_chinese).unwrap_or_default()
}

fn kind(field: &FieldDescriptor) -> String {
    let kind = match field.kind() {
        Kind::String => "文本".to_owned(),
        Kind::Bool => "是或者否".to_owned(),
        Kind::Double | Kind::Float => "小数".to_owned(),
        Kind::Bytes => "字节".to_owned(),
        Kind::Message(message) => match message.full_name() {
            "google.protobuf.Timestamp" => "时刻".to_owned(),
            "google.protobuf.Duration" => "时长".to_owned(),
            name => format!("`{}`", name.trim_start_matches("triage.v1.")),
        },
        Kind::Enum(list) => format!("`{}`", list.name()),
        _ => "整数".to_owned(),
    };
    if field.is_list() { format!("{kind}，可多项") } else { kind }
}

/// What the rules read out of a comment.
fn demands(said: &str) -> Vec<String> {
    let mut rest = said.to_ascii_lowercase();
    let mut demands = Vec::new();
    for (english, chinese) in RULES {
        let Some((at, length, numbers)) = matched(&rest, english) else { continue };
        let mut numbers = numbers.into_iter();
        let chinese = chinese.chars().map(|c| if c == '#' { numbers.next().unwrap() } else { c.to_string() });
        demands.push(chinese.collect());
        rest.replace_range(at..at + length, "");
    }
    demands
}

/// Where a pattern stands in a text, how long it is there, and the numbers in the places of its `#`.
fn matched(text: &str, pattern: &str) -> Option<(usize, usize, Vec<String>)> {
    text.char_indices().find_map(|(at, _)| {
        let mut rest = &text[at..];
        // No number begins in the middle of one.
        if text[..at].ends_with(|c: char| c.is_ascii_alphanumeric()) {
            return None;
        }
        let mut numbers = Vec::new();
        for (nth, literal) in pattern.split('#').enumerate() {
            if nth > 0 {
                let number = &rest[..number_length(rest)];
                if number.is_empty() {
                    return None;
                }
                numbers.push(number.to_owned());
                rest = &rest[number.len()..];
            }
            rest = rest.strip_prefix(literal)?;
        }
        Some((at, text.len() - at - rest.len(), numbers))
    })
}

/// How long the number is that a text begins with: digits, in groups of three after the first comma.
fn number_length(text: &str) -> usize {
    let is_digit = |c: &u8| c.is_ascii_digit();
    let bytes = text.as_bytes();
    let mut length = bytes.iter().take_while(|c| is_digit(c)).count();
    while length > 0
        && bytes.get(length) == Some(&b',')
        && bytes.get(length + 1..length + 4).is_some_and(|group| group.iter().all(is_digit))
    {
        length += 4;
    }
    length
}
