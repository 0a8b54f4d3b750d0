//! What people and systems write where they have nothing to say (占位内容): it is absent, and links nobody.

use super::no_address::is_no_address;
use super::plain::plain;

/// As [`plain`] leaves them, without the marks around them.
const NOTHING: &[&str] = &[
    "无",
    "没有",
    "暂无",
    "无此项",
    "不详",
    "未详",
    "不明",
    "不知",
    "不知道",
    "不清楚",
    "不记得",
    "忘记",
    "忘了",
    "未知",
    "未提供",
    "未填",
    "未填写",
    "未登记",
    "未留",
    "待补充",
    "待核实",
    "待定",
    "同上",
    "同前",
    "如上",
    "略",
    "空",
    "空白",
    "保密",
    "匿名",
    "null",
    "nil",
    "none",
    "nan",
    "na",
    "n/a",
    "undefined",
    "unknown",
    "无名",
    "无名氏",
    "test",
    "不适用",
    "无法提供",
    "拒绝提供",
    "见附件",
    "详见附件",
    "见正文",
    "已提供",
];
/// Words for where somebody is that name no place.
const ANYWHERE: &[&str] = &[
    "同住址",
    "同户籍",
    "同户籍地",
    "同户籍地址",
    "同身份证",
    "同身份证地址",
    "同收货地址",
    "家里",
    "家中",
    "本地",
    "本市",
    "本区",
    "外地",
    "外省",
    "外市",
    "网上",
    "线上",
];
/// Words for a person that are nobody's name.
const ANYBODY: &[&str] = &[
    "市民",
    "群众",
    "居民",
    "消费者",
    "顾客",
    "客户",
    "用户",
    "投诉人",
    "举报人",
    "投诉举报人",
    "诉求人",
    "当事人",
    "来电人",
    "来访人",
    "来信人",
    "先生",
    "女士",
    "小姐",
    "男士",
    "本人",
    "热心市民",
];
/// What is said before or behind a word that names nobody.
const UNWILLING: &[&str] = &["匿名", "不愿", "不便", "不想", "不肯", "要求保密", "拒绝"];
/// Ends of the names of administrative divisions.
const DIVISIONS: [char; 7] = ['省', '市', '区', '县', '旗', '盟', '州'];

/// Nothing is told by it: a dash, a stroke, 无, 不详, 同上, NULL.
pub fn says_nothing(text: &str) -> bool {
    let text = plain(text);
    let word = text.trim_matches(is_mark);
    // Stars and their kin are signs too, and mask something.
    if word.is_empty() { text.chars().all(is_stroke) } else { NOTHING.contains(&word) }
}

/// Nothing, or a word for anybody: 匿名, 市民, 先生.
pub fn names_no_person(text: &str) -> bool {
    let text = plain(text);
    let word = text.trim_matches(is_mark);
    says_nothing(&text)
        || ANYBODY.contains(&word)
        || UNWILLING.iter().any(|unwilling| word.starts_with(unwilling))
}

/// Nothing, or a whole city: everybody who writes no more than 包头市 would live at one address.
pub fn names_no_place(text: &str) -> bool {
    if is_no_address(text) || names_no_person(text) {
        return true;
    }
    let text = plain(text);
    let short = text.trim_matches(is_mark);
    if ANYWHERE.contains(&short) {
        return true;
    }
    // 小区, 园区, 社区 are places; a division is named by two to four characters before its word.
    let is_division = |part: &str| {
        let name = part.trim_end_matches(DIVISIONS);
        (1..=5).contains(&name.chars().count())
            && !name.ends_with(['小', '园', '社', '校', '厂', '街', '城', '超', '门'])
    };
    let mut parts = short.split_inclusive(DIVISIONS);
    short.ends_with(DIVISIONS) && parts.all(|part| part.ends_with(DIVISIONS) && is_division(part))
}

/// Signs that stand around a word.
fn is_mark(c: char) -> bool {
    is_stroke(c)
        || matches!(
            c,
            '(' | ')' | '[' | ']' | '【' | '】' | '〔' | '〕' | '<' | '>' | '"' | '“' | '”' | '\'' | '`'
        )
}

fn is_stroke(c: char) -> bool {
    matches!(
        c,
        '-' | '/'
            | '\\'
            | '|'
            | '.'
            | ','
            | '。'
            | '、'
            | ';'
            | ':'
            | '?'
            | '!'
            | '~'
            | '_'
            | '='
            | '·'
            | '…'
            | '—'
            | '\u{2010}'..='\u{2015}' | '\u{2212}'
    )
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::said("无 不详 同上 NULL null nan - -- —— / 、 . N/A （无） 无。 未提供 暂无 不知道 空", true)]
    #[case::something("吴 无锡路3号 0 12 同上街 许某 张无忌 * **** 不详街5号", false)]
    fn what_says_nothing(#[case] texts: &str, #[case] nothing: bool) {
        for text in texts.split(' ') {
            assert_eq!(says_nothing(text), nothing, "{text}");
        }
    }

    #[rstest]
    #[case::nobody("匿名 匿名用户 不愿透露姓名 市民 先生 / 无 （匿名）", true)]
    #[case::somebody("王某 王先生 市民王某 李匿 *某", false)]
    fn words_for_anybody_are_no_names(#[case] texts: &str, #[case] nobody: bool) {
        for text in texts.split(' ') {
            assert_eq!(names_no_person(text), nobody, "{text}");
        }
    }

    #[rstest]
    #[case::wide(
        "N/A 同住址 见附件 已提供 外地 不愿透露 先生 （本市） 包头市 内蒙古自治区包头市 包头市昆都仑区 内蒙古包头市 / 不详 达茂旗 昆区",
        true
    )]
    #[case::place("阳光小区 包头市昆都仑区团结大街36号 团结大街 高新园区 包头市阳光小区 东河区某社区", false)]
    fn a_city_is_no_address(#[case] texts: &str, #[case] wide: bool) {
        for text in texts.split(' ') {
            assert_eq!(names_no_place(text), wide, "{text}");
        }
    }
}
