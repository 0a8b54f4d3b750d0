//! Words of a list (类型、状态、标注), known by their longest beginning: 已办结（调解成功） begins with 已办结.

use std::borrow::Cow;

use crate::domain::ids::Track;
use crate::domain::submission::Channel;

/// What a word stands for: that of the list, else the longest that it begins with.
pub(in crate::exchange) fn known<T: Copy>(list: &[(&str, T)], word: &str) -> Option<T> {
    let beginning = list.iter().filter(|(known, _)| word.starts_with(known));
    beginning.max_by_key(|(known, _)| known.len()).map(|(_, meaning)| *meaning)
}

/// A word without what is added to it in brackets, and what that is.
pub(in crate::exchange) fn with_addition(word: &str) -> (&str, Option<&str>) {
    match word.split_once(['(', '[', '【', '〔']) {
        Some((before, rest)) if !before.is_empty() => {
            (before, Some(rest.trim_end_matches([')', ']', '】', '〕'])).filter(|rest| !rest.is_empty()))
        }
        _ => (word, None),
    }
}

/// Words by which a channel (接收方式) is known; the first that fits.
const CHANNELS: [(&str, Channel); 14] = [
    ("12345", Channel::CityHotline),
    ("平台", Channel::Platform),
    ("互联网", Channel::Platform),
    ("网站", Channel::Platform),
    ("小程序", Channel::Platform),
    ("APP", Channel::Platform),
    ("热线", Channel::Hotline),
    ("电话", Channel::Hotline),
    ("来函", Channel::Letter),
    ("信函", Channel::Letter),
    ("信件", Channel::Letter),
    ("来人", Channel::Counter),
    ("来访", Channel::Counter),
    ("窗口", Channel::Counter),
];

/// The channel (接收方式) that a word names.
pub(in crate::exchange) fn channel(word: &str) -> Option<Channel> {
    CHANNELS.iter().find(|(known, _)| word.contains(known)).map(|(_, channel)| *channel)
}

/// What a row is, by its kind (类型).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::exchange) enum KindOfRow {
    /// A complaint or a report.
    File(Track),
    /// Something that is not of this procedure (Order 121 Art. 44): which of those.
    Elsewhere(&'static str),
}

/// What Art. 44 sends to other channels, by the platform's words, and the channel to be told.
const ELSEWHERE: [(&str, &str); 5] = [
    ("咨询", "咨询"),
    ("信息公开", "政府信息公开申请"),
    ("复议", "行政复议申请"),
    ("检举", "检举控告"),
    ("控告", "检举控告"),
];
/// A word before 投诉 or 举报 that says that it is none.
const DENIED: [&str; 6] = ["非", "不是", "不属于", "撤销", "撤回", "取消"];

/// What a row is. 投诉 or 举报 stands whatever is written beside it: its terms run. Both at once are for a person to part.
pub(in crate::exchange) fn kind(word: &str) -> Option<KindOfRow> {
    if DENIED.iter().any(|denied| word.starts_with(denied)) {
        return None;
    }
    match (word.contains("投诉"), word.contains("举报")) {
        (true, false) => Some(KindOfRow::File(Track::Complaint)),
        (false, true) => Some(KindOfRow::File(Track::Report)),
        (true, true) => None,
        (false, false) => {
            let found = ELSEWHERE.iter().find(|(known, _)| word.contains(known));
            found.map(|(_, channel)| KindOfRow::Elsewhere(channel))
        }
    }
}

/// The complaint and the report of one submission stand in one row: which of its columns is whose, nobody can tell.
pub(in crate::exchange) fn is_both(word: &str) -> bool {
    word.contains("投诉") && word.contains("举报")
}

/// The words that a bureau uses for those that are known (`--map`), by column.
pub(in crate::exchange) fn translated<'a>(own: Option<&'a toml::Table>, word: Cow<'a, str>) -> Cow<'a, str> {
    match own.and_then(|own| own.get(word.as_ref())).and_then(toml::Value::as_str) {
        Some(known) => Cow::Borrowed(known),
        None => word,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn the_longest_beginning_tells_what_a_word_is() {
        let list = [("办结", 1), ("办结已归档", 2), ("已办结", 3)];
        for (word, meaning) in [
            ("办结", Some(1)),
            ("办结已归档", Some(2)),
            ("已办结(调解成功)", Some(3)),
            ("未办结", None),
            ("", None),
        ] {
            assert_eq!(known(&list, word), meaning, "{word}");
        }
        assert_eq!(with_addition("已办结(调解成功)"), ("已办结", Some("调解成功")));
        assert_eq!(with_addition("已办结"), ("已办结", None));
        assert_eq!(with_addition("已办结()"), ("已办结", None));
    }

    #[rstest]
    #[case::complaint(
        "投诉 投诉件 投诉单 消费投诉 投诉咨询 咨询转投诉 投诉(复议后重新处理) 信访投诉",
        Some(KindOfRow::File(Track::Complaint))
    )]
    #[case::report("举报 举报件 举报(匿名) 检举举报 控告举报", Some(KindOfRow::File(Track::Report)))]
    #[case::question("咨询 业务咨询 咨询件", Some(KindOfRow::Elsewhere("咨询")))]
    #[case::review("行政复议 复议申请", Some(KindOfRow::Elsewhere("行政复议申请")))]
    #[case::discipline("检举控告 检举", Some(KindOfRow::Elsewhere("检举控告")))]
    #[case::unknown("投诉举报 投诉、举报 表扬 求助 建议 非投诉 不属于举报 撤回投诉", None)]
    fn a_kind_is_never_put_aside_by_its_weaker_word(#[case] words: &str, #[case] kinds: Option<KindOfRow>) {
        for word in words.split(' ') {
            assert_eq!(kind(word), kinds, "{word}");
        }
    }
}
